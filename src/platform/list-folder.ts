import { lstatSync, readdirSync } from 'node:fs'
import type { DirectoryEntry, DirectoryListing } from '../engine/ports/files.js'
import { fileType } from './file-stat.js'
import { systemCode } from './system-error.js'

/** Stands where Node could not decode a name's bytes (and in the rare valid name that really contains it). */
const replacement = '\uFFFD'

/**
 * The entries of a folder, sorted by name (by UTF-16 code units, the same everywhere). `path` is a folder, no link.
 * Throws the system's error where it can't be read or is gone.
 */
export function listFolder(path: string): DirectoryListing {
  let entries: DirectoryEntry[]
  try {
    entries = readdirSync(path, { withFileTypes: true }).map((found) => ({
      name: found.name,
      type: fileType(found),
    }))
  } catch (error) {
    // Where the file system keeps no types in its entries, Node looks at each one, and fails for the whole folder
    // if one was removed meanwhile or its name can't be decoded. A folder that is gone fails again below.
    if (systemCode(error) !== 'ENOENT') throw error
    return listByBytes(path)
  }
  if (entries.some((entry) => entry.name.includes(replacement))) return listByBytes(path)
  return { entries: entries.toSorted(byName), unrepresentable: [] }
}

/** Slower and exact: names as bytes, one lstat for each. What vanished meanwhile is left out. */
export function listByBytes(path: string): DirectoryListing {
  const entries: DirectoryEntry[] = []
  const unrepresentable: string[] = []
  const prefix = Buffer.from(`${path}/`)
  for (const bytes of readdirSync(path, { encoding: 'buffer' })) {
    const name = bytes.toString('utf8')
    if (!Buffer.from(name).equals(bytes)) {
      unrepresentable.push(printable(bytes))
      continue
    }
    const stats = lstatSync(Buffer.concat([prefix, bytes]), { throwIfNoEntry: false })
    if (stats) entries.push({ name, type: fileType(stats) })
  }
  return { entries: entries.toSorted(byName), unrepresentable: unrepresentable.toSorted() }
}

function byName(a: DirectoryEntry, b: DirectoryEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Printable ASCII as it is, a backslash doubled, everything else as \xNN. */
function printable(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (byte === 0x5c) text += '\\\\'
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte)
    else text += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
