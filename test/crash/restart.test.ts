import {
  appendFileSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import type { RecordResult } from '../../src/daemon/operations/record.js'
import type { RecoverResult } from '../../src/daemon/operations/recover-result.js'
import type { ReplayResult } from '../../src/daemon/operations/replay.js'
import type { StatusResult } from '../../src/daemon/operations/status.js'
import { writeCorpus } from '../fixtures-gen/corpus-write.js'
import { Machine } from './machine.js'
import { readTree } from './tree.js'

const machines: Machine[] = []

afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.dispose()
})

/** A machine with some sessions, one of which the tests damage. */
function machineWithSessions(): { machine: Machine; sessions: string[] } {
  const machine = new Machine()
  machines.push(machine)
  writeCorpus(machine.userHome, { seed: 7, bytes: 400_000, files: 14 })
  const projects = join(machine.userHome, '.claude/projects')
  const sessions = [...readTree(projects).keys()]
    .filter((path) => /^[^/]+\/[0-9a-f-]{36}\.jsonl$/.test(path))
    .toSorted()
    .map((path) => join(projects, path))
  expect(sessions.length).toBeGreaterThanOrEqual(4)
  return { machine, sessions }
}

async function replayed(machine: Machine): Promise<Map<string, Buffer>> {
  const to = join(machine.folder, 'replayed')
  const { mismatches } = await machine.call<ReplayResult>('replay', { to, verify: false })
  expect(mismatches).toEqual([])
  const tree = readTree(to)
  rmSync(to, { recursive: true })
  return tree
}

/** Sessions of Claude Code as they are on disk, by where a replay puts them. */
function onDisk(machine: Machine): Map<string, Buffer> {
  const tree = readTree(join(machine.userHome, '.claude/projects'))
  return new Map([...tree].map(([path, bytes]) => [`claude/${path}`, bytes]))
}

function claudeOnly(tree: Map<string, Buffer>): Map<string, Buffer> {
  return new Map([...tree].filter(([path]) => path.startsWith('claude/')))
}

const same = (a: Map<string, Buffer>, b: Map<string, Buffer>): boolean =>
  a.size === b.size && [...a].every(([path, bytes]) => b.get(path)?.equals(bytes))

/** Waits until the running daemon has caught up with the files. */
async function untilReplayEqualsFiles(machine: Machine): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (same(claudeOnly(await replayed(machine)), onDisk(machine))) return
    await sleep(50)
  }
  throw new Error(`the daemon did not catch up\n${machine.log()}`)
}

const nuls = (bytes: Buffer, from: number, to: number): Buffer =>
  Buffer.concat([bytes.subarray(0, from), Buffer.alloc(to - from), bytes.subarray(to)])

describe('a service that restarts the daemon after a crash', () => {
  it('loses no restorable file: what is missing or damaged waits for recover', async () => {
    const { machine, sessions } = machineWithSessions()
    await machine.startDaemon()
    await untilReplayEqualsFiles(machine)
    const whole = onDisk(machine)
    await machine.killDaemon()
    const [missing = '', cut = '', nulled = '', continued = ''] = sessions
    rmSync(missing)
    truncateSync(cut, 100)
    writeFileSync(nulled, nuls(readFileSync(nulled), 2000, readFileSync(nulled).length))
    const damaged = nuls(readFileSync(continued), 3000, readFileSync(continued).length)
    writeFileSync(continued, damaged)
    appendFileSync(continued, '{"type":"user","uuid":"later"}\n')

    for (const _restart of [1, 2]) {
      await machine.startDaemon()
      await machine.json<RecordResult>(['record'], 4)
      const { suspects } = await machine.json<StatusResult>(['status'])
      expect(suspects.map(({ reason }) => reason).toSorted()).toEqual([
        'missing',
        'nul-run',
        'nul-run',
        'shortened',
      ])
      expect(same(claudeOnly(await replayed(machine)), whole)).toBe(true)
      await machine.killDaemon()
    }
    await machine.startDaemon()
    const { restored, unmended, held } = await machine.json<RecoverResult>(['recover'])
    expect([unmended, held]).toEqual([[], []])
    expect(restored).toHaveLength(4)
    for (const [path, bytes] of whole) {
      const file = join(machine.userHome, '.claude/projects', path.slice('claude/'.length))
      const glue = bytes.at(-1) === 0x0a ? '' : '\n'
      const tail = file === continued ? `${glue}{"type":"user","uuid":"later"}\n` : ''
      const wanted = Buffer.concat([bytes, Buffer.from(tail)])
      expect([path, readFileSync(file).equals(wanted)]).toEqual([path, true])
    }
    expect(same(claudeOnly(await replayed(machine)), onDisk(machine))).toBe(true)
    expect(await machine.json(['recover'])).toMatchObject({ restored: [], damaged: [], recorded: 0 })
  })

  it('takes an emptied root for offline, and recover brings it back', async () => {
    const { machine } = machineWithSessions()
    await machine.startDaemon()
    await untilReplayEqualsFiles(machine)
    const whole = onDisk(machine)
    await machine.killDaemon()
    rmSync(join(machine.userHome, '.claude'), { recursive: true })
    await machine.startDaemon()
    const { problems } = await machine.json<RecordResult>(['record'])
    expect(problems).toContainEqual(expect.objectContaining({ code: 'offline', root: 'claude' }))
    expect(same(claudeOnly(await replayed(machine)), whole)).toBe(true)
    await machine.json(['recover'])
    expect(same(onDisk(machine), whole)).toBe(true)
  })

  it('catches up with what grew, shrank and was replaced', async () => {
    const { machine, sessions } = machineWithSessions()
    await machine.startDaemon()
    await untilReplayEqualsFiles(machine)
    const [grown = '', rewritten = '', replaced = '', cut = ''] = sessions
    const before = readFileSync(cut)
    appendFileSync(grown, 'while it ran\n')
    await machine.killDaemon()
    appendFileSync(grown, 'a line\nhalf a li')
    writeFileSync(rewritten, `${readFileSync(rewritten, 'utf8').slice(0, 500)}\nshorter now\n`)
    writeFileSync(`${replaced}.tmp`, 'something else\n')
    renameSync(`${replaced}.tmp`, replaced)
    await machine.startDaemon()
    await untilReplayEqualsFiles(machine)
    await machine.killDaemon()
    // A pure cut is what a crash does: it is told, and recorded once somebody says that it was meant.
    truncateSync(cut, 200)
    await machine.startDaemon()
    await machine.json<RecordResult>(['record'], 4)
    expect((await replayed(machine)).get(placeOf(machine, cut))?.equals(before)).toBe(true)
    const { accepted } = await machine.json<RecoverResult>(['recover', '--accept'])
    expect(accepted).toHaveLength(1)
    expect(readFileSync(cut)).toHaveLength(200)
    await untilReplayEqualsFiles(machine)
  })
})

function placeOf(machine: Machine, absolute: string): string {
  return `claude/${absolute.slice(join(machine.userHome, '.claude/projects/').length)}`
}

describe('lost blocks', () => {
  it.each([
    ['to the end', 0],
    ['with later blocks kept', 5000],
  ])('are restored where size and time are as recorded: %s', async (_, kept) => {
    const { machine, sessions } = machineWithSessions()
    const [session = ''] = sessions
    utimesSync(session, 1_780_000_000, 1_780_000_000)
    await machine.json(['record'])
    const whole = readFileSync(session)
    writeFileSync(session, nuls(whole, 4000, whole.length - kept))
    utimesSync(session, 1_780_000_000, 1_780_000_000)
    await machine.startDaemon()
    await machine.json(['record'])
    expect(await machine.json(['recover'])).toMatchObject({ restored: [{ reason: 'nul-run' }], unmended: [] })
    expect(readFileSync(session).equals(whole)).toBe(true)
    await machine.json(['verify'])
  })

  it('are noticed behind a file that grew', async () => {
    const { machine, sessions } = machineWithSessions()
    const [session = ''] = sessions
    await machine.startDaemon()
    await untilReplayEqualsFiles(machine)
    await machine.killDaemon()
    const whole = Buffer.concat([readFileSync(session), Buffer.from('not recorded yet\n')])
    writeFileSync(session, nuls(whole, 1000, 1100))
    await machine.startDaemon()
    expect(await machine.json(['record'], 4)).toMatchObject({ suspects: [{ reason: 'nul-run' }] })
    expect(await machine.json(['recover'])).toMatchObject({ restored: [{ reason: 'nul-run' }], unmended: [] })
    expect(readFileSync(session).equals(whole)).toBe(true)
  })
})

describe('record', () => {
  it('records nothing the second time, with a daemon and without', async () => {
    const { machine, sessions } = machineWithSessions()
    const [session = ''] = sessions
    const first = await machine.json<RecordResult>(['record'])
    expect(first.events).toBeGreaterThan(10)
    expect(await machine.json(['record'])).toMatchObject({ events: 0, bytes: 0, files: first.files })
    await machine.startDaemon()
    expect(await machine.json(['record'])).toMatchObject({ events: 0, bytes: 0, files: first.files })
    appendFileSync(session, 'one more\n')
    await untilReplayEqualsFiles(machine)
    expect(await machine.json(['record'])).toMatchObject({ events: 0, bytes: 0 })
  })
})
