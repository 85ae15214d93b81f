import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isInstalled, needs } from './needs.js'

describe('isInstalled', () => {
  it('finds programs on the path, and only what can be run', () => {
    const folder = mkdtempSync(join(tmpdir(), 'needs-'))
    try {
      writeFileSync(join(folder, 'runs'), '', { mode: 0o700 })
      writeFileSync(join(folder, 'reads'), '', { mode: 0o600 })
      expect(isInstalled('runs', folder)).toBe(true)
      expect(isInstalled('reads', folder)).toBe(false)
      expect(isInstalled('is-not-there', folder)).toBe(false)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('needs', () => {
  let ran = false
  const shell = needs('ps')
  shell.it('runs the test where the command is installed', () => {
    ran = true
  })
  it('agrees with what is installed', () => {
    expect(ran).toBe(!shell.missing)
    expect(shell.missing).toBe(!isInstalled('ps'))
  })
})
