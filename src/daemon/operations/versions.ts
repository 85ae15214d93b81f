import type { HistoryRow } from '../../engine/ports/log.js'
import { fileState } from '../../engine/replay/content.js'
import { chosenFiles } from '../choose-files.js'
import type { Runtime } from '../runtime.js'

export interface VersionsArgs {
  readonly session: string
  readonly host?: string
  /** The newest so many; all where it is null. */
  readonly limit: number | null
}

export interface Version {
  /** WHEN for `replay --at` and `restore --at`. */
  readonly at: string
  readonly time: string
  readonly epoch: number
  readonly kind: HistoryRow['kind']
  /** Size of the file then, in bytes. */
  readonly size: number
}

export interface VersionsResult {
  readonly session: string
  readonly root: string
  readonly path: string
  readonly host: string
  readonly total: number
  readonly epochs: number
  /** Newest first. */
  readonly versions: readonly Version[]
}

/** The moments that a session can go back to: every event of its file is one. */
export async function versions(runtime: Runtime, args: VersionsArgs): Promise<VersionsResult> {
  const { reader } = runtime.store
  const [chosen] = await chosenFiles(runtime, args.host === undefined ? { session: args.session } : args)
  if (!chosen) throw new Error('a session was chosen')
  const { file, info, stream } = chosen
  const all: Version[] = []
  let size = 0
  for await (const row of reader.history(file)) {
    size = sizeAfter(row, size)
    const { epoch, kind, time, offset } = row
    const at = `${info.log.slice(0, 12)}@${offset + 1}`
    all.push({ at, time: new Date(time.ms).toISOString(), epoch, kind, size })
  }
  const { epoch } = await fileState(reader, file)
  return {
    session: stream.session,
    root: file.facts.root,
    path: file.facts.path,
    host: info.hostName,
    total: all.length,
    epochs: epoch + 1,
    versions: all.toReversed().slice(0, args.limit ?? all.length),
  }
}

function sizeAfter(row: HistoryRow, before: number): number {
  switch (row.kind) {
    case 'append':
    case 'written':
    case 'base':
    case 'file':
      return row.position + row.length
    case 'reset':
      return row.position
    case 'remove':
    case 'move':
      return before
  }
}
