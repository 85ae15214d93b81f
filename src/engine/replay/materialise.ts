import { HoldfastError } from '../core/errors.js'
import type { Content } from '../core/replay-plan.js'
import type { Hasher } from '../ports/hash.js'
import type { WritableFiles } from '../ports/files.js'
import type { LogReader } from '../ports/log.js'
import { contentBytes } from './content.js'
import { FileDigest } from './file-digest.js'

/** What was written, to be compared with what is read back. */
export interface Written {
  readonly bytes: number
  readonly digest: string
  /** False where the log could not give all of it: what is written is the part before the damage. */
  readonly complete: boolean
}

/**
 * Writes a recorded content to a new file, 0600 unless `mode` says otherwise, and synced.
 */
export async function writeContent(
  tools: { readonly files: WritableFiles; readonly reader: LogReader; readonly hasher: Hasher },
  content: Content,
  path: string,
  mode?: number,
): Promise<Written> {
  const digest = new FileDigest(tools.hasher)
  let bytes = 0
  const target = tools.files.create(path, mode)
  try {
    for await (const chunk of contentBytes(tools.reader, content)) {
      target.write(chunk)
      digest.update(chunk)
      bytes += chunk.length
    }
    target.finish()
  } catch (error) {
    if (!(error instanceof HoldfastError) || error.code !== 'STORE_DAMAGED') {
      target.abandon()
      throw error
    }
    target.finish()
    return { bytes, digest: digest.hex(), complete: false }
  }
  return { bytes, digest: digest.hex(), complete: true }
}

/** Reads a file back and compares it with what was written. */
export function sameAsWritten(
  tools: { readonly files: WritableFiles; readonly hasher: Hasher },
  path: string,
  written: Written,
): boolean {
  const handle = tools.files.open(path)
  if (!handle) return false
  try {
    const digest = new FileDigest(tools.hasher)
    let position = 0
    for (;;) {
      const chunk = handle.read(position, readBytes)
      if (chunk.length === 0) break
      digest.update(chunk)
      position += chunk.length
    }
    return position === written.bytes && digest.hex() === written.digest
  } finally {
    handle.close()
  }
}

const readBytes = 1024 * 1024

/**
 * Whether a recorded path stays below the folder that it is put in. Paths come from logs, and logs may come from other
 * hosts. On Windows a backslash and a drive lead elsewhere; on other systems they are plain characters.
 */
export function staysBelow(path: string, windows: boolean): boolean {
  const leads = path.split('/').some((segment) => segment === '' || segment === '.' || segment === '..')
  return !leads && !path.includes('\0') && !(windows && /\\|^[A-Za-z]:/.test(path))
}
