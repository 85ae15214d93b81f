import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Bytes of the files directly in a folder. Files that go meanwhile (LevelDB renames its own) count nothing. */
export function folderBytes(folder: string): number {
  let bytes = 0
  for (const name of names(folder))
    bytes += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0
  return bytes
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
