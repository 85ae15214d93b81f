import { cursorId, type Cursor } from '../core/cursor.js'
import type { LogId, NewEvent } from '../core/event.js'
import type { CursorChange } from '../ports/log.js'
import { latestState } from '../replay/content.js'
import { readablePrefix } from '../replay/file-digest.js'
import type { ObserverTools } from './observer-tools.js'

const filesPerCommit = 200

/**
 * Makes a new log go on where earlier logs of this host ended: each file that has a cursor but no event in this log gets
 * a `base` on what the earlier log holds of it. Bytes are not stored again, and what is missing or damaged on disk is
 * assessed as ever. Running it again after a crash does the rest.
 *
 * @returns the files, by `cursorId`, of which the earlier log can't give all: their cursors stand where it ends
 */
export async function adoptEarlierLogs(tools: ObserverTools, earlier: readonly LogId[]): Promise<string[]> {
  const { cursors, reader, writer } = tools
  const torn: string[] = []
  // Without an earlier log a file that this one does not know has lost its index row: its cursor is all that tells of it.
  if (earlier.length === 0) return torn
  const orphans = [...cursors.all()].filter(({ facts }) => !reader.file(writer.log, facts))
  for (let i = 0; i < orphans.length; i += filesPerCommit) {
    const events: NewEvent[] = []
    const changes: CursorChange[] = []
    for (const cursor of orphans.slice(i, i + filesPerCommit)) {
      const key = { root: cursor.facts.root, path: cursor.facts.path }
      const base = cursor.state === 'live' ? await baseOf(tools, earlier, cursor) : null
      if (base) events.push({ body: base.body })
      else cursors.forget(key)
      if (base && base.cursor.position < cursor.position) torn.push(cursorId(key))
      changes.push({ key, cursor: base ? base.cursor : null })
    }
    await cursors.submit({ events, cursors: changes }, writer)
  }
  await writer.flush()
  return torn
}

async function baseOf(
  { reader, hasher }: ObserverTools,
  earlier: readonly LogId[],
  cursor: Cursor,
): Promise<{ body: NewEvent['body']; cursor: Cursor } | null> {
  const { facts } = cursor
  const key = { root: facts.root, path: facts.path }
  const log = earlier.find((candidate) => reader.file(candidate, key) !== undefined)
  if (log === undefined) return null
  const { content, epoch } = await latestState(reader, log, key)
  // Nothing of it is left to refer to: the file is recorded as a new one.
  if (epoch < 0) return null
  const sure = await readablePrefix(hasher, reader, content)
  const { length } = sure.content
  const source = { log, ...key, epoch }
  // Size -1: the file is looked at, whatever its time says, and held against what the earlier log is sure of. The tail
  // is of other bytes where that ends earlier.
  const tail = length === cursor.position ? {} : { tailLength: 0, tailHash: '' }
  const next: Cursor = { ...cursor, ...tail, epoch: 0, position: length, checked: 0, size: -1, written: null }
  const unlogged = cursor.written?.unlogged
  if (unlogged && unlogged.keep <= length) {
    // What write-back put behind it is nobody's append: it is said in the new log.
    const added = unlogged.keep === length ? 0 : 1
    const written: Cursor = { ...cursor, epoch: added, checked: 0, size: -1 }
    return {
      body: { kind: 'base', file: facts, epoch: 0, source, length, digest: sure.digest },
      cursor: written,
    }
  }
  return { body: { kind: 'base', file: facts, epoch: 0, source, length, digest: sure.digest }, cursor: next }
}
