import type { ProjectRow } from '../daemon/operations/projects.js'
import type { Column } from './table.js'

export const projectColumns: readonly Column[] = [
  { head: 'project' },
  { head: 'sessions', align: 'right' },
  { head: 'mapped' },
]

/** Projects as rows of a table: where hosts have them, as `host:path`; a path alone holds on every host. */
export function projectRows(projects: readonly ProjectRow[]): (string | number)[][] {
  return projects.map(({ name, sessions, mapped }) => {
    const places = mapped.map(({ host, path }) => (host === null ? path : `${host}:${path}`))
    return [name, sessions, places.join(', ')]
  })
}
