import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Every file below a folder with its bytes, by its path relative to it; empty where there is no such folder. */
export function readTree(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  if (!existsSync(folder)) return found
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    found.set(path.slice(folder.length + 1), readFileSync(path))
  }
  return found
}
