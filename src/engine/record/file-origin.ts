import type { Cursor, CursorKey } from '../core/cursor.js'
import type { NewEvent } from '../core/event.js'
import type { CursorChange } from '../ports/log.js'
import { latestState } from '../replay/content.js'
import { contentDigest } from '../replay/file-digest.js'
import { commonPrefix } from './common-prefix.js'
import { lostAfter } from './lost-after.js'
import { freshCursor, sameIdentity } from './cursor-of.js'
import type { OpenFile } from './open-file.js'
import type { ObserverTools } from './observer-tools.js'
import { absolutePath } from './watched-root.js'
import { logWritten } from './written-state.js'

/** Where a new file's first bytes are already: the events that say so, and the cursors that they move. */
export interface Origin {
  readonly cursor: Cursor
  readonly events: readonly NewEvent[]
  readonly alongside: readonly CursorChange[]
}

/**
 * Finds what a file without a cursor continues: a file of the same inode that is gone from its old path (a rename, a
 * rotation). Otherwise it starts from nothing.
 */
export class FileOrigin {
  readonly #tools: ObserverTools

  constructor(tools: ObserverTools) {
    this.#tools = tools
  }

  async find(file: OpenFile): Promise<Origin> {
    const { home, reader, writer } = this.#tools
    const fresh = freshCursor(file.root, file.path, home, file.stat.identity)
    // Of a file that is new here, lost events may have told more: the epochs that they may have begun stay theirs.
    const start = { ...fresh, epoch: lostAfter(reader, writer.log, -1) }
    return (await this.#moved(file, start)) ?? plain(start)
  }

  async #moved(file: OpenFile, start: Cursor): Promise<Origin | null> {
    const { cursors, reader, writer, hasher } = this.#tools
    const key = { root: file.root.name, path: file.path }
    for (const source of cursors.sameInode(file.stat.identity, key)) {
      const from = { root: source.facts.root, path: source.facts.path }
      if (file.stat.size < source.position || source.position === 0 || this.#stillAt(from, source)) continue
      await logWritten(this.#tools, from)
      await writer.flush()
      const { content, epoch, complete } = await latestState(reader, writer.log, from)
      // A source of which every event is lost has no epoch to refer to.
      if (!complete || epoch < 0 || (await commonPrefix(file.handle, content, reader)) < content.length)
        continue
      const { length } = content
      const facts = { ...start.facts, cwd: source.facts.cwd }
      const digest = await contentDigest(hasher, reader, content)
      const body = {
        kind: 'base',
        file: facts,
        epoch: start.epoch,
        source: { log: writer.log, ...from, epoch },
        length,
        digest,
      } as const
      return {
        cursor: { ...start, facts, position: length, checked: length },
        events: [{ body: { kind: 'move', file: source.facts, epoch: source.epoch, to: key } }, { body }],
        alongside: [{ key: from, cursor: { ...source, state: 'moved', suspect: null, written: null } }],
      }
    }
    return null
  }

  #stillAt(key: CursorKey, cursor: Cursor): boolean {
    const root = this.#tools.roots.find(({ name }) => name === key.root)
    const stat = root && this.#tools.files.stat(absolutePath(root, key.path))
    return stat !== undefined && sameIdentity(stat.identity, cursor.identity)
  }
}

function plain(cursor: Cursor): Origin {
  return { cursor, events: [], alongside: [] }
}
