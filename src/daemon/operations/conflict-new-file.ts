import { HoldfastError } from '../../engine/core/errors.js'
import { ownPrefix } from '../../engine/formats/droppings.js'
import { FileError, type Files, type WritableFiles } from '../../engine/ports/files.js'
import { absolutePath, type WatchedRoot } from '../../engine/record/watched-root.js'
import type { Runtime } from '../runtime.js'

/** What a file system without hard links says. */
const noLinkCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK'])

/**
 * Writes a new file below a root, private to the user, all at once, never over anything. One that is there already with
 * these bytes stays, also where somebody continued it; one that holds a beginning of them, from an attempt that was
 * overtaken, gets the rest. Throws TARGET_EXISTS for any other.
 */
export function writeNewFile(
  { files, random }: Pick<Runtime, 'files' | 'random'>,
  root: WatchedRoot,
  path: string,
  bytes: Uint8Array,
): void {
  const target = absolutePath(root, path)
  const there = contentOf(files, target)
  if (there !== null) {
    if (startsWith(there, bytes)) return
    if (!startsWith(bytes, there)) throw exists(target)
    files.append(target, bytes.subarray(there.length))
    return
  }
  const folder = target.slice(0, target.lastIndexOf('/'))
  checkFolders(files, root, path)
  files.makeDirectory(folder)
  const temporary = `${folder}/${ownPrefix}split-${Buffer.from(random.bytes(8)).toString('hex')}`
  writeAll(files, temporary, bytes)
  try {
    if (!files.link(temporary, target)) throw exists(target)
  } catch (error) {
    if (!(error instanceof FileError) || !noLinkCodes.has(error.code)) throw error
    // Without links it is not there all at once, but still over nothing.
    writeAll(files, target, bytes)
  } finally {
    // Also makes the folder durable.
    files.remove(temporary)
  }
}

/** Whether something else than these bytes, or a beginning of them, has that name. */
export function isTaken(files: Files, path: string, bytes: Uint8Array): boolean {
  const there = contentOf(files, path)
  return there !== null && !startsWith(there, bytes) && !startsWith(bytes, there)
}

function writeAll(files: WritableFiles, path: string, bytes: Uint8Array): void {
  const file = files.create(path)
  file.write(bytes)
  file.finish()
}

function contentOf(files: Files, path: string): Uint8Array | null {
  const stat = files.stat(path)
  if (!stat) return null
  const handle = files.open(path)
  if (!handle) throw exists(path)
  try {
    return handle.read(0, handle.stat().size)
  } finally {
    handle.close()
  }
}

/** A link on the way would lead out of the root. */
function checkFolders(files: Files, root: WatchedRoot, path: string): void {
  if (files.stat(root.base)?.type !== 'directory')
    throw new HoldfastError('ROOT_OFFLINE', `${root.base} is not there`)
  const segments = path.split('/').slice(0, -1)
  for (let depth = 1; depth <= segments.length; depth++) {
    const folder = absolutePath(root, segments.slice(0, depth).join('/'))
    const stat = files.stat(folder)
    if (stat && stat.type !== 'directory')
      throw new HoldfastError('NOT_WRITABLE', `${folder} is no folder of the root ${root.name}`)
  }
}

function startsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, beginning.length), beginning) === 0
}

function exists(path: string): HoldfastError {
  return new HoldfastError('TARGET_EXISTS', `${path} is there already and holds something else`, {
    next: 'Move it elsewhere, then resolve the conflict again.',
  })
}
