import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import type { HostRow } from '../../src/daemon/operations/hosts.js'
import { openRuntime } from '../../src/daemon/runtime.js'
import { openDatabase } from '../../src/store/open-database.js'
import { writeCorpus } from '../fixtures-gen/corpus-write.js'
import { Machine } from './machine.js'
import type { MachineOptions } from './machine.js'

const machines: Machine[] = []

afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.dispose()
})

function added(machine: Machine): Machine {
  machines.push(machine)
  return machine
}

const refused = (code: string): object => ({ error: { code, message: expect.any(String) as unknown } })

it('a store of a newer version is left alone', async () => {
  const machine = added(new Machine())
  await machine.json(['record'])
  const runtime = await openRuntime({ home: machine.home, mode: 'write' })
  await runtime.store.setMeta('version', '99')
  await runtime.close()
  for (const args of [['status'], ['record'], ['recover'], ['verify']])
    expect(await machine.json(args, 1)).toMatchObject(refused('STORE_NEWER'))
  const { code, stderr } = await machine.run('daemon', 'run')
  expect([code, stderr]).toEqual([1, expect.stringContaining('version 99')])
})

it('a store that another process has open is not touched', async () => {
  const machine = added(new Machine())
  await machine.json(['record'])
  const database = await openDatabase(machine.home.storeFolder, false)
  try {
    const all = await Promise.all([['record'], ['recover'], ['status']].map((args) => machine.json(args, 1)))
    for (const answer of all) expect(answer).toMatchObject(refused('STORE_IN_USE'))
  } finally {
    await database.close()
  }
  await machine.json(['record'])
})

it('commands go to the daemon that has the store, also several at once, and a second daemon ends', async () => {
  const machine = added(new Machine())
  writeCorpus(machine.userHome, { seed: 3, bytes: 200_000, files: 12 })
  await machine.startDaemon()
  const pid = machine.daemonPid()
  const outcomes = await Promise.all([
    machine.run('record'),
    machine.run('recover'),
    machine.run('recover'),
    machine.run('verify'),
    machine.run('daemon', 'run'),
  ])
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0, 0, 0, 1])
  expect(outcomes[4]?.stderr).toContain(`pid ${pid}`)
  expect(machine.daemonPid()).toBe(pid)
})

it('a broken config names its line and key, and does not end a daemon that runs', async () => {
  const machine = added(new Machine())
  await machine.startDaemon()
  writeFileSync(machine.home.configFile, '# mine\nsweep:\n  every: soon\n', { mode: 0o600 })
  const reload = machine.call('daemon.reload', null)
  await expect(reload).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  const session = join(machine.userHome, '.claude/projects/-home-ada/one.jsonl')
  mkdirSync(join(session, '..'), { recursive: true })
  appendFileSync(session, 'recorded all the same\n')
  const recorded = async (): Promise<number> => {
    const { hosts } = await machine.call<{ readonly hosts: readonly HostRow[] }>('hosts', {})
    return hosts[0]?.logs[0]?.bytes ?? 0
  }
  while ((await recorded()) === 0) await sleep(20)
  await machine.killDaemon()
  for (const args of [['record'], ['recover'], ['daemon', 'run']]) {
    const { code, stderr } = await machine.run(...args)
    expect([args, code, stderr]).toEqual([args, 2, expect.stringMatching(/config\.yaml:3: sweep\.every /)])
  }
})

/** Root may write anywhere: permissions are tested as a user without privileges. */
const asUser: MachineOptions = process.getuid?.() === 0 ? { uid: 65_534 } : {}

it('a home that cannot be written is refused', async () => {
  const machine = added(new Machine(asUser))
  const { home } = machine
  expect(await machine.run('record')).toMatchObject({ code: 0 })
  const folder = join(home.storeFolder, '..')
  const before = readFileSync(join(home.storeFolder, 'CURRENT'))
  for (const readOnly of [home.storeFolder, folder]) {
    chmodSync(readOnly, 0o500)
    for (const args of [['record'], ['recover'], ['daemon', 'start']])
      expect([args, await machine.json(args, 7)]).toMatchObject([args, refused('NOT_WRITABLE')])
    expect(await machine.run('daemon', 'run')).toMatchObject({ code: 7 })
    chmodSync(readOnly, 0o700)
  }
  expect(readFileSync(join(home.storeFolder, 'CURRENT')).equals(before)).toBe(true)
  expect(await machine.run('record')).toMatchObject({ code: 0 })
})

it('a home below a folder that cannot be written is refused', async () => {
  const closed = mkdtempSync(join(tmpdir(), 'hf-closed-'))
  try {
    chmodSync(closed, 0o555)
    const options = { holdfastHome: join(closed, 'holdfast'), ...asUser }
    const machine = added(new Machine(options))
    expect(await machine.json(['record'], 7)).toMatchObject(refused('NOT_WRITABLE'))
    expect(await machine.run('daemon', 'run')).toMatchObject({ code: 7 })
  } finally {
    rmSync(closed, { recursive: true })
  }
})

it('a file that cannot be read is a warning, and the rest is recorded', async () => {
  const machine = added(new Machine(asUser))
  const folder = join(machine.userHome, '.claude/projects/-home-ada')
  mkdirSync(folder, { recursive: true })
  for (const name of ['a.jsonl', 'b.jsonl']) writeFileSync(join(folder, name), 'one\n')
  chmodSync(join(folder, 'a.jsonl'), 0)
  const { uid } = asUser
  if (uid !== undefined) chownSync(join(folder, 'a.jsonl'), uid, uid)
  expect(await machine.json(['record'])).toMatchObject({
    problems: [{ code: 'unreadable', path: '-home-ada/a.jsonl' }],
    bytes: 4,
  })
  chmodSync(join(folder, 'a.jsonl'), 0o600)
  expect(await machine.json(['record'])).toMatchObject({ problems: [], bytes: 4 })
})
