import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import type { RecoverResult } from '../../src/daemon/operations/recover-result.js'
import type { ReplayResult } from '../../src/daemon/operations/replay.js'
import type { StatusResult } from '../../src/daemon/operations/status.js'
import { SeededRandom } from '../fixtures-gen/random.js'
import { Machine } from './machine.js'
import { readTree } from './tree.js'

const run = (...command: [string, ...string[]]): boolean =>
  spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0

/**
 * A place where the store soon runs out of space, and more of it afterwards. Where nothing may be mounted, a limit on
 * the size of a file stands in: a write fails there too, though with another name.
 */
interface Place {
  readonly what: string
  readonly code: 'DISK_FULL' | 'STORE_FAILED'
  readonly machine: () => Machine
  readonly enlarge: (machine: Machine) => Machine
}

const mountPoint = mkdtempSync(join(tmpdir(), 'hf-full-'))
const mounted = run('mount', '-t', 'tmpfs', '-o', 'size=6m,mode=700', 'tmpfs', mountPoint)

const place: Place = mounted
  ? {
      what: 'a full disk',
      code: 'DISK_FULL',
      machine: () => new Machine({ holdfastHome: join(mountPoint, 'home') }),
      enlarge: (machine) => {
        expect(run('mount', '-o', 'remount,size=60m', mountPoint)).toBe(true)
        return machine
      },
    }
  : {
      what: 'a write that fails, as nothing may be mounted here',
      code: 'STORE_FAILED',
      machine: () =>
        new Machine({
          holdfastHome: join(mountPoint, 'home'),
          through: ['sh', '-c', 'trap "" XFSZ; ulimit -f 4096; exec "$@"', 'limited'],
        }),
      // The same home, through nothing.
      enlarge: (machine) =>
        new Machine({ holdfastHome: join(mountPoint, 'home'), userHome: machine.userHome }),
    }

const machines: Machine[] = []

afterAll(async () => {
  for (const machine of machines) await machine.dispose()
  if (mounted) run('umount', mountPoint)
  rmSync(mountPoint, { recursive: true, force: true })
})

it(`${place.what} ends the daemon, which says so; nothing acknowledged is lost, and recover goes on`, async () => {
  const machine = place.machine()
  machines.push(machine)
  const session = join(machine.userHome, '.claude/projects/-home-ada/one.jsonl')
  mkdirSync(join(session, '..'), { recursive: true })
  const random = new SeededRandom(11)
  const daemon = await machine.startDaemon()
  let acknowledged = { events: 0, bytes: 0 }
  const { child } = daemon
  for (let lines = 0; child.exitCode === null && lines < 400; lines++) {
    appendFileSync(session, `${random.hex(50_000)}\n`)
    await sleep(5)
    const status = await machine.call<StatusResult>('status', {}).catch(() => null)
    if (status !== null) acknowledged = { events: status.events, bytes: status.bytes }
  }
  const { code, stderr } = await daemon.ended
  expect(code).toBe(1)
  expect(stderr).toMatch(place.code === 'DISK_FULL' ? /^Error: .*no space/m : /^Error: .*store failed/m)
  expect(stderr).toMatch(/^Next: .*recover/m)
  expect(acknowledged.bytes).toBeGreaterThan(1_000_000)
  if (place.code === 'DISK_FULL')
    expect(await machine.json(['record'], 1)).toMatchObject({ error: { code: place.code } })

  const enlarged = place.enlarge(machine)
  if (enlarged !== machine) machines.push(enlarged)
  const recovered = await enlarged.json<RecoverResult>(['recover'])
  expect(recovered).toMatchObject({ unmended: [], held: [], newLog: null })
  const { events, bytes } = await enlarged.json<StatusResult>(['status'])
  expect(events).toBeGreaterThanOrEqual(acknowledged.events)
  expect(bytes).toBeGreaterThanOrEqual(acknowledged.bytes)
  const to = join(enlarged.folder, 'replayed')
  await enlarged.json<ReplayResult>(['replay', '--to', to, '--verify'])
  const [replayed, ...others] = readTree(to).values()
  expect([others, replayed?.equals(readFileSync(session))]).toEqual([[], true])
  await enlarged.json(['verify'])
  appendFileSync(session, 'and on\n')
  expect(await enlarged.json(['record'])).toMatchObject({ bytes: 7 })
})
