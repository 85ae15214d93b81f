import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mapProject } from '../../../src/daemon/operations/projects.js'
import { splitOpenConflicts } from '../../../src/daemon/auto-split.js'
import { record } from '../../../src/daemon/operations/record.js'
import type { Runtime } from '../../../src/daemon/runtime.js'
import type { RecordedHome } from '../../daemon/recorded-home.js'
import { keptIo } from '../../daemon/recorded-home.js'
import { line, session, sessionPath, settle, TwoHomes } from './two-homes.js'

function configure(home: RecordedHome, text: string): void {
  writeFileSync(home.home.configFile, text, { mode: 0o600 })
}

function put(home: RecordedHome, path: string, text: string): void {
  const file = join(home.user, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

function get(home: RecordedHome, path: string): string | null {
  const file = join(home.user, path)
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

async function forked(world: TwoHomes): Promise<void> {
  world.write(world.a, line('1', null))
  await world.sync()
  world.append(world.a, line('2a', '1'))
  world.append(world.b, line('2b', '1'))
}

describe('a removed session', () => {
  it('stays with the other host, and is not revived where it was removed', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    world.write(world.a, line('9', null), 'other.jsonl')
    await world.sync()
    rmSync(world.a.path(sessionPath(world.a, session)))
    await world.sync()
    expect([world.text(world.a), world.text(world.b)]).toEqual([null, line('1', null)])
    world.append(world.b, line('2', '1'))
    await world.sync()
    expect([world.text(world.a), world.text(world.b)]).toEqual([null, line('1', null) + line('2', '1')])
  })
})

describe('policies', () => {
  it('keep what peers send in the log alone', async () => {
    const world = new TwoHomes()
    configure(world.b, 'write:\n  back: false\n')
    world.write(world.a, line('1', null))
    const { b } = await world.sync()
    expect([b.written, b.held, world.text(world.b)]).toEqual([[], [], null])
  })

  it('write one project and leave another', async () => {
    const world = new TwoHomes()
    configure(world.b, 'write:\n  rules:\n    - project: ~-code-x\n      back: false\n')
    world.write(world.a, line('1', null))
    const other = `${world.a.user.replace(/[^a-zA-Z0-9]/g, '-')}-code-y/${session}`
    world.a.write(other, line('2', null))
    await world.sync()
    const there = readdirSync(world.b.path('')).filter((name) => !name.startsWith('.'))
    expect(there.map((name) => name.slice(-7))).toEqual(['-code-y'])
  })

  it('hold a file with an open conflict as it is', async () => {
    const world = new TwoHomes()
    configure(world.b, 'write:\n  onConflict: hold\n')
    await forked(world)
    const { a, b } = await world.sync()
    expect(world.text(world.b)).toBe(line('1', null) + line('2b', '1'))
    expect(b.held.map(({ reason }) => reason)).toEqual(['it has an open conflict: see `holdfast conflicts`'])
    expect(a.written.length).toBe(1)
  })
})

describe('a live file', () => {
  it('is held while it was just written, and written when it is quiet', async () => {
    const world = new TwoHomes()
    await forked(world)
    const { b } = await world.sync(60_000)
    expect(b.held.map(({ reason }) => /^written [\d.]+ s ago$/.test(reason))).toEqual([true])
    expect(world.text(world.b)).toBe(line('1', null) + line('2b', '1'))
    await world.sync()
    expect(world.text(world.b)).toContain(line('2a', '1'))
  })

  it('is held while a lock stands beside it', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    const lock = `${world.b.path(sessionPath(world.b, session))}.lock`
    writeFileSync(lock, '')
    world.append(world.a, line('2', '1'))
    const { b } = await world.sync()
    expect(b.held.map(({ reason }) => reason)).toEqual([`lock file ${session}.lock`])
    rmSync(lock)
    await world.sync()
    expect(world.text(world.b)).toBe(line('1', null) + line('2', '1'))
  })
})

describe('places', () => {
  it('are found by the project map, also for what was recorded before it', async () => {
    const world = new TwoHomes()
    const folder = (home: RecordedHome, path: string) => join(home.user, path).replace(/[^a-zA-Z0-9]/g, '-')
    world.a.write(`${folder(world.a, 'code/home')}/${session}`, line('1', null))
    await world.a.record()
    await world.a.with(async (runtime) => {
      await record(runtime, {}, keptIo())
      const map = (path: string, host: string | null) => mapProject(runtime, { project: 'home', path, host })
      await map(join(world.a.user, 'code/home'), 'mac')
    })
    await world.b.record()
    await world.b.with(async (runtime) => {
      await record(runtime, {}, keptIo())
      await mapProject(runtime, { project: 'home', path: join(world.b.user, 'projects/home'), host: 'box' })
    })
    await world.sync()
    await world.sync()
    expect(get(world.b, `.claude/projects/${folder(world.b, 'projects/home')}/${session}`)).toBe(
      line('1', null),
    )
  })

  it('are never reached through a link', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    const elsewhere = join(world.b.user, 'elsewhere')
    mkdirSync(elsewhere)
    symlinkSync(elsewhere, join(world.b.path(''), sessionPath(world.b, session).split('/')[0] ?? ''))
    const { b } = await world.sync()
    expect(b.held.map(({ reason }) => reason)).toEqual(['a link stands in its path'])
    expect(readdirSync(elsewhere)).toEqual([])
  })

  it('keep a file that stands there and was not recorded', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.a.record()
    // A copy by hand, longer than what the other host has.
    world.write(world.b, line('1', null) + line('2', '1'))
    await world.sync()
    const all = line('1', null) + line('2', '1')
    expect([world.text(world.a), world.text(world.b)]).toEqual([all, all])
  })
})

describe('other formats', () => {
  it('take the latest value of a small file to both hosts', async () => {
    const world = new TwoHomes()
    const path = `.claude/todos/${session.slice(0, -6)}-agent-${session.slice(0, -6)}.json`
    put(world.a, path, '[{"content":"one"}]')
    await world.sync()
    expect(get(world.b, path)).toBe('[{"content":"one"}]')
    put(world.b, path, '[{"content":"two"}]')
    utimesSync(join(world.b.user, path), new Date(), new Date(Date.now() + 5000))
    await world.sync()
    expect([get(world.a, path), get(world.b, path)]).toEqual(['[{"content":"two"}]', '[{"content":"two"}]'])
  })

  it('leave each host its own branch of an order-dependent session', async () => {
    const world = new TwoHomes()
    const path =
      '.codex/sessions/2026/11/21/rollout-2026-11-21T10-00-00-11111111-2222-4333-8444-555555555555.jsonl'
    const row = (n: string) => `${JSON.stringify({ timestamp: n, type: 'event_msg', payload: n })}\n`
    put(world.a, path, row('1'))
    await world.sync()
    expect(get(world.b, path)).toBe(row('1'))
    put(world.a, path, row('1') + row('2a'))
    put(world.b, path, row('1') + row('2b'))
    await world.sync()
    expect([get(world.a, path), get(world.b, path)]).toEqual([row('1') + row('2a'), row('1') + row('2b')])
  })
})

describe('an agent that had the older file in memory', () => {
  it('is seen as a fork, and nothing of either is lost', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2a', '1'))
    await world.sync()
    // It never read 2a: it goes on from 1.
    world.append(world.b, line('2b', '1'))
    await world.sync()
    const open = await world.a.with(async (runtime) => {
      await record(runtime, {}, keptIo())
      await settle(runtime)
      const streams = await runtime.streams()
      const [entry] = [...(await streams.index()).all()]
      return streams.view(entry?.stream.key ?? '', (view) =>
        view.conflicts().map(({ kind, status }) => [kind, status]),
      )
    })
    expect(open).toEqual([['fork', 'open']])
    expect(world.text(world.a)).toBe(world.text(world.b))
    for (const id of ['1', '2a', '2b']) expect(world.text(world.a)).toContain(`"uuid":"${id}"`)
  })
})

describe('the policy split', () => {
  it('makes a session of each branch, the same on both hosts, and leaves no conflict', async () => {
    const world = new TwoHomes()
    for (const home of [world.a, world.b]) configure(home, 'write:\n  onConflict: split\n')
    await forked(world)
    for (let round = 0; round < 3; round++) {
      await world.sync()
      for (const home of [world.a, world.b]) await home.with((runtime) => splitting(runtime))
    }
    await world.sync()
    const there = (home: RecordedHome) =>
      readdirSync(home.path(sessionPath(home, '')))
        .sort()
        .map((name) => [name, world.text(home, name)])
    expect(there(world.a)).toEqual(there(world.b))
    const texts = there(world.a).map(([, text]) => text ?? '')
    expect(texts.length).toBe(2)
    expect(texts.map((text) => text.includes('2a') !== text.includes('2b'))).toEqual([true, true])
  })
})

async function splitting(runtime: Runtime): Promise<void> {
  await record(runtime, {}, keptIo())
  await splitOpenConflicts(runtime, keptIo())
}
