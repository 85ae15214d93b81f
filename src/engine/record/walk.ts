import { limits } from '../core/limits.js'
import type { FileStat, FileType, Files } from '../ports/files.js'
import { FileError } from '../ports/files.js'
import type { Problems } from './problems.js'
import { absolutePath, kindOf, type WatchedRoot } from './watched-root.js'

export interface FoundFile {
  readonly path: string
  readonly stat: FileStat
}

/** What a walk gives now and then, so that its caller can let others run. */
export type WalkStep = FoundFile | 'pause'

const filesPerPause = 250

/**
 * Every recordable file below `folder` (relative to the root; '' for all) with its stat, by name. Links are not
 * followed. What can't be recorded goes to `problems`.
 */
export function* walkRoot(
  files: Files,
  root: WatchedRoot,
  folder: string,
  problems: Problems,
): Generator<WalkStep> {
  const budget = { left: limits.rootMaxFiles, sincePause: 0 }
  yield* walkFolder(files, root, folder, problems, budget, 0)
}

function* walkFolder(
  files: Files,
  root: WatchedRoot,
  folder: string,
  problems: Problems,
  budget: { left: number; sincePause: number },
  depth: number,
): Generator<WalkStep> {
  if (depth > limits.rootMaxDepth || budget.left <= 0) {
    problems.set({ code: 'too-many', root: root.name, path: folder, message: 'too deep, or too many files' })
    return
  }
  const listing = attempt(root, folder, problems, () => files.list(absolutePath(root, folder)))
  if (!listing) return
  for (const name of listing.unrepresentable) {
    const message = 'the name is no valid UTF-8'
    problems.set({ code: 'name', root: root.name, path: join(folder, name), message })
  }
  for (const { name, type } of listing.entries) {
    const path = join(folder, name)
    if (type === 'directory') {
      if (root.mayHold(path)) yield* walkFolder(files, root, path, problems, budget, depth + 1)
      continue
    }
    if (kindOf(root, path) === null || !recordable(root, path, type, problems)) continue
    const stat = attempt(root, path, problems, () => files.stat(absolutePath(root, path)))
    if (stat?.type !== 'file') continue
    budget.left -= 1
    yield { path, stat }
    budget.sincePause += 1
    if (budget.sincePause >= filesPerPause) {
      budget.sincePause = 0
      yield 'pause'
    }
  }
}

function recordable(root: WatchedRoot, path: string, type: FileType, problems: Problems): boolean {
  const problem = (code: 'link' | 'special' | 'name', message: string): false => {
    problems.set({ code, root: root.name, path, message })
    return false
  }
  if (type === 'link') return problem('link', 'a symbolic link is not followed')
  if (type === 'other') return problem('special', 'not a regular file')
  if (Buffer.byteLength(path) > limits.pathMaxBytes) return problem('name', 'the path is too long')
  return true
}

/** Runs a call on a file; what the system refuses becomes a problem. Missing is no problem. */
export function attempt<T>(
  root: WatchedRoot,
  path: string,
  problems: Problems,
  call: () => T | undefined,
): T | undefined {
  try {
    const result = call()
    if (result !== undefined) problems.clear({ root: root.name, path })
    return result
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    problems.set({ code: 'unreadable', root: root.name, path, message: error.message })
    return undefined
  }
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
