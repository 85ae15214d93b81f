import type { Cursor } from '../core/cursor.js'
import type { LogId } from '../core/event.js'
import { FileError, type Files } from '../ports/files.js'
import type { LogReader } from '../ports/log.js'
import { commonPrefix } from '../record/common-prefix.js'
import { nulRunAt } from '../record/nul-run.js'
import { absolutePath, type WatchedRoot } from '../record/watched-root.js'
import { latestState } from '../replay/content.js'
import type { FilePlace } from './recover-tools.js'

/** How a file on disk stands to what the log says that it holds. */
export interface Inspection extends FilePlace {
  readonly kind:
    'same' | 'grown' | 'missing' | 'shortened' | 'nul-run' | 'differs' | 'unreadable' | 'log-incomplete'
  /** Bytes that file and log have in common. */
  readonly common: number
  readonly recorded: number
}

/** Holds every file that should be there against the log, byte by byte. Changes nothing. */
export async function* inspectFiles(
  tools: { readonly files: Files; readonly reader: LogReader; readonly roots: readonly WatchedRoot[] },
  log: LogId,
  cursors: Iterable<Cursor>,
): AsyncGenerator<Inspection> {
  for (const { facts, state } of cursors) {
    const root = tools.roots.find(({ name }) => name === facts.root)
    if (!root || state !== 'live') continue
    const place = { root: facts.root, path: facts.path }
    const { content, complete } = await latestState(tools.reader, log, place)
    const found = await inspectFile(tools, root, facts.path, content)
    const kind = complete ? found.kind : 'log-incomplete'
    yield { ...place, kind, common: found.common, recorded: content.length }
  }
}

async function inspectFile(
  { files, reader }: { readonly files: Files; readonly reader: LogReader },
  root: WatchedRoot,
  path: string,
  content: Parameters<typeof commonPrefix>[1],
): Promise<Pick<Inspection, 'kind' | 'common'>> {
  try {
    const handle = files.open(absolutePath(root, path))
    if (!handle) return { kind: 'missing', common: 0 }
    try {
      const common = await commonPrefix(handle, content, reader)
      const { size } = handle.stat()
      if (common === content.length) return { kind: size > common ? 'grown' : 'same', common }
      if (common === size) return { kind: 'shortened', common }
      return { kind: nulRunAt(handle, common) ? 'nul-run' : 'differs', common }
    } finally {
      handle.close()
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return { kind: 'unreadable', common: 0 }
  }
}
