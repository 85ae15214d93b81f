import { fileState } from '../../engine/replay/content.js'
import type { Selection } from '../../engine/replay/select.js'
import { chosenFiles } from '../choose-files.js'
import type { Runtime } from '../runtime.js'

export interface SessionRow {
  readonly id: string
  readonly root: string
  readonly project: string
  readonly path: string
  readonly host: string
  readonly bytes: number
  readonly epochs: number
  /** ISO time of the last event. */
  readonly last: string
  /** live: on disk when last seen; removed: its bytes are in the log alone. */
  readonly state: 'live' | 'removed'
}

export interface ListResult {
  readonly sessions: readonly SessionRow[]
  /** How many there are, shown or not. */
  readonly total: number
}

export interface ListArgs extends Selection {
  /** The latest so many; all where it is null. */
  readonly limit?: number | null
}

/** The session files of a host, the latest first. */
export async function list(runtime: Runtime, { limit, ...selection }: ListArgs): Promise<ListResult> {
  const rows: SessionRow[] = []
  for (const { file, info, stream } of await chosenFiles(runtime, selection)) {
    const state = await fileState(runtime.store.reader, file)
    rows.push({
      id: stream.session,
      root: file.facts.root,
      project: stream.project,
      path: file.facts.path,
      host: info.hostName,
      bytes: state.content.length,
      epochs: state.epoch + 1,
      last: new Date(state.last?.time.ms ?? 0).toISOString(),
      state: state.present ? 'live' : 'removed',
    })
  }
  const sorted = rows.toSorted((a, b) => (a.last === b.last ? order(a.path, b.path) : order(b.last, a.last)))
  return { sessions: sorted.slice(0, limit ?? sorted.length), total: sorted.length }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
