import { cursorId, type Cursor } from '../engine/core/cursor.js'
import type { LogId, NewEvent } from '../engine/core/event.js'
import type { CursorChange, LoggedFile, LogReader } from '../engine/ports/log.js'
import type { ObserverTools } from '../engine/record/observer-tools.js'
import { absolutePath, kindOf, type WatchedRoot } from '../engine/record/watched-root.js'
import { fileState } from '../engine/replay/content.js'
import { readablePrefix } from '../engine/replay/file-digest.js'
import { formerLog, setFormerLog } from './former-log.js'
import type { Runtime } from './runtime.js'
import type { OwnLog } from './session.js'

const filesPerCommit = 200
/** Nothing is known of a file that is not there. */
const noIdentity = { dev: 0, ino: 0, birthMs: 0 }

/** A file that the former logs of this machine say was there, with the log that says so last. */
export interface FormerFile {
  readonly file: LoggedFile
  /** Where it belongs on this machine; null where no root records it. */
  readonly root: WatchedRoot | null
}

/** The files of these logs (newest first), each as the newest log that knows it; sorted by place. */
export function formerFiles(
  reader: LogReader,
  logs: readonly LogId[],
  roots: readonly WatchedRoot[],
): readonly FormerFile[] {
  const newest = new Map<string, LoggedFile>()
  for (const file of reader.files()) {
    const known = newest.get(cursorId(file.facts))
    const rank = logs.indexOf(file.log)
    if (rank >= 0 && (!known || rank < logs.indexOf(known.log))) newest.set(cursorId(file.facts), file)
  }
  const sorted = [...newest].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([, file]) => {
    const root = roots.find(({ name }) => name === file.facts.root)
    return { file, root: root && kindOf(root, file.facts.path) !== null ? root : null }
  })
}

/**
 * Lets a log that continues one from before this machine lost everything go on with its files: each gets a `base` on what
 * the former log holds of it. A file that is not there counts as damaged, so that `recover` puts it back; one that is
 * there is held against the log by the first look, and what it holds beside is recorded. To be run at a start, before
 * that look. Killed at any point, the next start does the rest.
 */
export async function adoptFormerFiles(
  { store }: Runtime,
  tools: ObserverTools,
  { earlier, afterFork }: OwnLog,
): Promise<void> {
  const former = await formerLog(store)
  const isNext = former !== null && !former.adopted && earlier[0] === former.log
  // Of a log with two histories peers may hold other bytes: nothing that goes there may refer to it.
  if (!isNext || afterFork) return
  const { cursors, reader, writer } = tools
  const files = formerFiles(reader, earlier, tools.roots).filter(
    ({ file, root }) => root !== null && !cursors.get(file.facts) && !reader.file(writer.log, file.facts),
  )
  for (let i = 0; i < files.length; i += filesPerCommit) {
    const events: NewEvent[] = []
    const changes: CursorChange[] = []
    for (const { file, root } of files.slice(i, i + filesPerCommit)) {
      const adopted = root && (await adoptedFile(tools, file, root))
      if (!adopted) continue
      events.push({ body: adopted.body })
      changes.push({ key: { root: root.name, path: file.facts.path }, cursor: adopted.cursor })
    }
    await cursors.submit({ events, cursors: changes }, writer)
  }
  await writer.flush()
  await setFormerLog(store, { ...former, adopted: true })
}

/** null where the file was gone, or where the log can't give all of it: then there is nothing to put back whole. */
async function adoptedFile(
  { reader, hasher, files, clock }: ObserverTools,
  file: LoggedFile,
  root: WatchedRoot,
): Promise<{ readonly body: NewEvent['body']; readonly cursor: Cursor } | null> {
  const { facts, log } = file
  const { content, epoch, present, complete } = await fileState(reader, file)
  if (!present || !complete || epoch < 0) return null
  const sure = await readablePrefix(hasher, reader, content)
  if (sure.content.length < content.length) return null
  const stat = files.stat(absolutePath(root, facts.path))
  const nowMs = clock.now()
  const cursor: Cursor = {
    facts,
    epoch: 0,
    position: content.length,
    state: 'live',
    identity: stat?.identity ?? noIdentity,
    // It is looked at, whatever its size and time say, and held against the log.
    size: -1,
    mtimeMs: -1,
    tailLength: 0,
    tailHash: '',
    checked: 0,
    changedMs: nowMs,
    suspect: stat ? null : { reason: 'missing', size: 0, mtimeMs: 0, foundMs: nowMs },
  }
  const source = { log, root: facts.root, path: facts.path, epoch }
  const { length } = content
  return { body: { kind: 'base', file: facts, epoch: 0, source, length, digest: sure.digest }, cursor }
}
