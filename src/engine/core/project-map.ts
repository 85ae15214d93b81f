import { compareTime } from './clock.js'
import type { HostId, HybridTime, LogId } from './event.js'

/** One `alias` event: the folder `path` on `host` (null: on every host) is project `project`. */
export interface Alias {
  readonly project: string
  /** Absolute, or `~/…` under the user's home; null unmaps the project on that host. */
  readonly path: string | null
  readonly host: HostId | null
  /** Who said it and when. `(time, log, offset)` orders aliases: the last one wins. */
  readonly time: HybridTime
  readonly log: LogId
  readonly offset: number
  readonly by: HostId
}

/** A folder that is mapped to a project, as one host sees it. */
export interface Mapping {
  readonly project: string
  readonly path: string
  readonly host: HostId | null
}

/** All mappings in force. Equal for equal sets of aliases, whatever the order of arrival. */
export interface ProjectMap {
  /** What holds on a host that no alias names; oldest first. */
  readonly everywhere: readonly Mapping[]
  /** What holds on each host that an alias names, what holds everywhere included; oldest first. */
  readonly hosts: ReadonlyMap<HostId, readonly Mapping[]>
}

export const emptyProjectMap: ProjectMap = { everywhere: [], hosts: new Map() }

/**
 * The mappings that remain when aliases are applied in the order of `(time, log, offset)`. A later alias replaces an
 * earlier one of the same host and path. An alias without a path takes all earlier folders off the project, on its
 * host, or on every host.
 */
export function buildProjectMap(aliases: readonly Alias[]): ProjectMap {
  const ordered = aliases.toSorted(compareAliases)
  const named = new Set<HostId>()
  for (const alias of ordered) if (alias.host !== null) named.add(alias.host)
  const hosts = new Map<HostId, readonly Mapping[]>()
  for (const host of [...named].toSorted()) hosts.set(host, mappingsOf(ordered, host))
  return { everywhere: mappingsOf(ordered, null), hosts }
}

/** The mappings in force on a host, oldest first. */
export function mappingsOn(map: ProjectMap, host: HostId): readonly Mapping[] {
  return map.hosts.get(host) ?? map.everywhere
}

function mappingsOf(ordered: readonly Alias[], host: HostId | null): Mapping[] {
  const found = new Map<string, Mapping>()
  for (const alias of ordered) {
    if (alias.host !== null && alias.host !== host) continue
    if (alias.path === null) {
      for (const [key, mapping] of found) if (mapping.project === alias.project) found.delete(key)
      continue
    }
    const key = `${alias.host ?? ''}\0${alias.path.normalize('NFC').replace(/(?<=.)\/+$/, '')}`
    // Deleted first, so that iteration order is the order of the last word on each folder.
    found.delete(key)
    found.set(key, { project: alias.project, path: alias.path, host: alias.host })
  }
  return [...found.values()]
}

function compareAliases(a: Alias, b: Alias): number {
  return compareTime(a.time, b.time) || compareText(a.log, b.log) || a.offset - b.offset
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
