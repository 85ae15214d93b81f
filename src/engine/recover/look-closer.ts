import type { Cursor } from '../core/cursor.js'
import { FileError, type Files } from '../ports/files.js'
import type { Recorder } from '../record/recorder.js'
import type { WatchedRoot } from '../record/watched-root.js'
import type { Inspection } from './inspect-files.js'
import type { UnmendedFile } from './recover.js'
import type { RecoverTools } from './recover-tools.js'

/**
 * Looks closer at files that differ from the log although a sweep found nothing to record:
 * - Size and time are as recorded, the bytes are not. Lost blocks make the file suspect; other edits are recorded.
 * - The whole root is gone or empty. On the file system that held its files it was emptied, and its files are suspect;
 *   on another one a share is not mounted, and nothing may be written where it belongs.
 *
 * @returns what is left alone because its root is offline
 */
export async function lookCloser(
  tools: RecoverTools,
  recorder: Recorder,
  differing: readonly Inspection[],
): Promise<UnmendedFile[]> {
  const offline: UnmendedFile[] = []
  for (const { root: name, path, kind } of differing) {
    const key = { root: name, path }
    await recorder.exclusively(async () => {
      const root = tools.roots.find((each) => each.name === name)
      const cursor = tools.cursors.get(key)
      if (!root || cursor?.state !== 'live' || cursor.suspect !== null) return
      if (kind !== 'missing') await tools.observer.settle(root, cursor)
      else if (tools.problems.has({ root: name, path: '' })) {
        if (standsWhere(tools.files, root, cursor)) await suspectMissing(tools, cursor)
        else
          offline.push({ ...key, reason: kind, why: `${root.base} looks like a share that is not mounted` })
      }
    })
  }
  await tools.writer.flush()
  return offline
}

async function suspectMissing({ cursors, writer, clock }: RecoverTools, cursor: Cursor): Promise<void> {
  const suspect = { reason: 'missing', size: 0, mtimeMs: 0, foundMs: clock.now() } as const
  const key = { root: cursor.facts.root, path: cursor.facts.path }
  await cursors.submit({ events: [], cursors: [{ key, cursor: { ...cursor, suspect } }] }, writer)
}

/** Whether the root's folder, or what is left of the way to it, is on the file system that the file was on. */
function standsWhere(files: Files, root: WatchedRoot, cursor: Cursor): boolean {
  for (let path = root.base; ; path = path.slice(0, path.lastIndexOf('/')) || '/') {
    try {
      const stat = files.stat(path)
      if (stat) return stat.type === 'directory' && stat.identity.dev === cursor.identity.dev
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return false
    }
    if (path === '/') return false
  }
}
