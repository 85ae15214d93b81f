import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { findHome } from '../../src/daemon/home.js'
import type { Home } from '../../src/daemon/home.js'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder of this test alone, removed after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  folders.push(folder)
  return folder
}

/** A home in a folder of this test alone; nothing is created in it yet. */
export function temporaryHome(): Home {
  const folder = temporaryFolder()
  return findHome({ HOLDFAST_HOME: join(folder, 'home'), HOME: folder, HOLDFAST_NAME: 'test' })
}
