import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder of a test, by its real path. */
export function makeTempFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-platform-')))
}

export function removeTempFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
