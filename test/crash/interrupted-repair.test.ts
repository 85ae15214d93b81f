import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { findHome } from '../../src/daemon/home.js'
import type { Home } from '../../src/daemon/home.js'
import type { OperationIo } from '../../src/daemon/operation.js'
import { record } from '../../src/daemon/operations/record.js'
import { recover } from '../../src/daemon/operations/recover.js'
import { verify } from '../../src/daemon/operations/verify.js'
import { prepareHome } from '../../src/daemon/private-folder.js'
import { openRuntime } from '../../src/daemon/runtime.js'
import { Killed, mortalFiles } from './mortal-files.js'
import { readTree } from './tree.js'

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const io: OperationIo = {
  progress: () => undefined,
  bytes: () => Promise.resolve(),
  signal: new AbortController().signal,
}

const line = (n: number): string => `{"type":"user","uuid":"u${n}","text":"${'x'.repeat(90)}"}\n`
const recorded = Array.from({ length: 40 }, (_, n) => line(n)).join('')
const later = '{"type":"user","uuid":"later"}\n'

const damages: Record<string, { readonly damage: (path: string) => void; readonly wanted: string }> = {
  'a missing file': { damage: (path) => rmSync(path), wanted: recorded },
  'a cut file': { damage: (path) => truncateSync(path, 777), wanted: recorded },
  'a run of NULs to the end': { damage: (path) => nulled(path, 1000, 0, ''), wanted: recorded },
  'a run of NULs with later blocks kept': { damage: (path) => nulled(path, 1000, 900, ''), wanted: recorded },
  'a run of NULs and records behind it': {
    damage: (path) => nulled(path, 1000, 0, later),
    wanted: recorded + later,
  },
  'a longer run of NULs and records behind it': {
    damage: (path) => nulled(path, 1000, -500, later),
    wanted: recorded + later,
  },
  'NULs, kept blocks, and bytes that were never recorded': {
    damage: (path) => nulled(path, 1000, 900, later),
    wanted: recorded + later,
  },
}

/** NULs from byte `from` on; the last `kept` recorded bytes stay (negative: so many more NULs), `behind` follows. */
function nulled(path: string, from: number, kept: number, behind: string): void {
  const to = recorded.length - kept
  writeFileSync(path, recorded.slice(0, from) + '\0'.repeat(to - from) + recorded.slice(to) + behind)
}

function machine(): { home: Home; path: string; userHome: string } {
  const folder = mkdtempSync(join(tmpdir(), 'hf-repair-'))
  folders.push(folder)
  const userHome = join(folder, 'user')
  const path = join(userHome, '.claude/projects/-home-ada/5f4fc22d-6f0a-4f93-826d-4c0c53093ef0.jsonl')
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, recorded)
  const home = findHome({ HOME: userHome, HOLDFAST_HOME: join(folder, 'holdfast') })
  prepareHome(home)
  return { home, path, userHome }
}

async function inRuntime<T>(
  home: Home,
  use: (runtime: Awaited<ReturnType<typeof openRuntime>>) => Promise<T>,
): Promise<T> {
  const runtime = await openRuntime({ home, mode: 'write' })
  try {
    return await use(runtime)
  } finally {
    await runtime.close()
  }
}

/** Runs `recover` until it dies before step `last`. Returns whether it died. */
async function recoverUntilKilled(home: Home, last: number): Promise<boolean> {
  const runtime = await openRuntime({ home, mode: 'write' })
  const { files } = mortalFiles(runtime.files, last)
  try {
    await recover({ ...runtime, files }, { dryRun: false, accept: false }, io)
    return false
  } catch (error) {
    if (!(error instanceof Killed)) throw error
    return true
  } finally {
    // The store alone: what a process that is killed never says must not be said here.
    await runtime.store.close()
  }
}

it.each(Object.entries(damages))(
  'recover killed at any step mends at the next run: %s',
  async (_, { damage, wanted }) => {
    let last = 1
    for (let died = true; died; last++) {
      const { home, path, userHome } = machine()
      await inRuntime(home, (runtime) => record(runtime, {}, io))
      damage(path)
      died = await recoverUntilKilled(home, last)
      // A second time at the same step: the repair of a repair is a repair.
      await recoverUntilKilled(home, last)
      const mended = await inRuntime(home, async (runtime) => [
        (await recover(runtime, { dryRun: false, accept: false }, io)).unmended,
        (await verify(runtime, {}, io)).problems,
      ])
      expect([last, ...mended]).toEqual([last, [], []])
      expect([last, readFileSync(path, 'utf8') === wanted]).toEqual([last, true])
      expect([...readTree(userHome).keys()]).toHaveLength(1)
    }
    expect(last).toBeGreaterThan(6)
  },
)
