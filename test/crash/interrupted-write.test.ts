import { existsSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { record } from '../../src/daemon/operations/record.js'
import { verify } from '../../src/daemon/operations/verify.js'
import { openRuntime } from '../../src/daemon/runtime.js'
import { meetIn } from '../daemon/peer-world.js'
import { keptIo, type RecordedHome } from '../daemon/recorded-home.js'
import { line, settle, TwoHomes } from '../engine/writeback/two-homes.js'
import { mortalFiles } from './mortal-files.js'

/** What is put into the other host's file, by what has to be done to it. */
const writes: Record<string, (world: TwoHomes) => Promise<void>> = {
  'a new file': async (world) => {
    // Both own their roots: of a claim that is cut short the next one waits a minute.
    world.write(world.a, line('0', null), 'other.jsonl')
    await world.sync()
    world.write(world.a, line('1', null) + line('2', '1'))
  },
  'a file that is added to': async (world) => {
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2', '1') + line('3', '2'))
  },
  'a file that is replaced': async (world) => {
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2a', '1'))
    await world.a.record()
    world.append(world.b, line('2b', '1'))
  },
}

/** Receives at `b` what `a` has, and writes it back until it dies before step `last`. Returns whether it died. */
async function writeUntilKilled(world: TwoHomes, last: number): Promise<boolean> {
  const runtime = await openRuntime({ home: world.b.home, mode: 'write' })
  const mortal = mortalFiles(runtime.files, Number.POSITIVE_INFINITY)
  let limit = Number.POSITIVE_INFINITY
  const files = mortalFiles(runtime.files, last)
  // What is done before the write-back begins is not what is tried here.
  Object.assign(runtime, { files: switched(() => (limit === last ? files.files : mortal.files)) })
  try {
    await record(runtime, {}, keptIo())
    await world.a.with(async (theirs) => {
      await record(theirs, {}, keptIo())
      limit = last
      // The served end writes back before it says that it is done.
      await meetIn(theirs, runtime).catch(() => undefined)
    })
    if (files.steps() < last) await settle(runtime).catch(() => undefined)
    return files.steps() >= last
  } finally {
    await runtime.store.close()
  }
}

function switched<T extends object>(now: () => T): T {
  return new Proxy({} as T, { get: (_, name) => Reflect.get(now(), name) as unknown })
}

async function ownKinds(home: RecordedHome): Promise<string[]> {
  return home.with(async ({ store }) => {
    const found: string[] = []
    for (const file of store.reader.files()) {
      if (store.reader.log(file.log)?.hostName !== 'box') continue
      for await (const { kind } of store.reader.history(file)) found.push(kind)
    }
    return found
  })
}

describe('write-back killed at any step', () => {
  it.each(Object.entries(writes))('is put right by the next run: %s', async (_, prepare) => {
    const whole = new TwoHomes()
    await prepare(whole)
    await whole.sync()
    const wanted = whole.text(whole.a)
    const appends = (await ownKinds(whole.b)).filter((kind) => kind === 'append').length
    let last = 1
    for (let died = true; died; last++) {
      const world = new TwoHomes()
      await prepare(world)
      died = await writeUntilKilled(world, last)
      // A second time at the same step: putting it right may be cut short as well.
      if (last % 3 === 0) await writeUntilKilled(world, last)
      await world.sync()
      expect([last, lines(world.text(world.b))]).toEqual([last, lines(wanted)])
      expect([last, world.text(world.a)]).toEqual([last, world.text(world.b)])
      // What Holdfast wrote is nobody's append.
      const kinds = await ownKinds(world.b)
      expect([last, kinds.filter((kind) => kind === 'append').length]).toEqual([last, appends])
      expect([last, kinds.includes('reset')]).toEqual([last, false])
      const { problems } = await world.b.with((runtime) => verify(runtime, {}, keptIo()))
      expect([last, problems]).toEqual([last, []])
      expect([last, leftovers(world.b)]).toEqual([last, []])
    }
    expect(last).toBeGreaterThan(2)
  })
})

function lines(text: string | null): string[] {
  return (text ?? '').split('\n').sort()
}

/** Temporary files beside sessions. */
function leftovers(home: RecordedHome): string[] {
  const folder = home.path('')
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => /\.holdfast-[0-9a-f]{16}$/.test(name))
}
