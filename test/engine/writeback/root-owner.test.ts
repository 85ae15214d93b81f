import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs' // prettier-ignore
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isContent } from '../../../src/engine/formats/droppings.js'
import type { WritableFiles } from '../../../src/engine/ports/files.js'
import type { AgentList } from '../../../src/engine/ports/processes.js'
import {
  claimRoot,
  ownerFileName,
  releaseRoot,
  type OwnerSelf,
} from '../../../src/engine/writeback/root-owner.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import { ManualClock } from '../../store/databases.js'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
const mill: OwnerSelf = { logs: ['a'.repeat(32)], hostName: 'mill', machine: 'm1', pid: 10 }
const barn: OwnerSelf = { logs: ['b'.repeat(32)], hostName: 'barn', machine: 'm2', pid: 20 }

describe('claimRoot', () => {
  const clock = new ManualClock()
  let base: string
  let running: AgentList
  const lock = () => join(base, ownerFileName)
  const tools = (files: WritableFiles = createNodeFiles()) => ({
    files,
    clock,
    processes: { holders: () => ({ known: true, byPath: new Map() }), agents: () => running },
  })
  const claim = (self: OwnerSelf, files?: WritableFiles) => {
    const result = claimRoot(tools(files), base, self)
    // The file system's time follows the clock of the test.
    if (result.owner === 'self') touch()
    return result
  }
  const touch = (ms = clock.nowMs): void => utimesSync(lock(), ms / 1000, ms / 1000)
  const record = () => JSON.parse(readFileSync(lock(), 'utf8')) as Record<string, unknown>
  const self = { owner: 'self', takenFrom: null }
  const otherIs = (hostName: string | null, sinceMs: number) => ({ owner: 'other', hostName, sinceMs })

  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-owner-')))
    clock.nowMs = 1_800_000_000_000
    running = { known: true, list: [] }
  })
  afterEach(() => rmSync(base, { recursive: true, force: true }))

  it('is ours where nobody claimed it, in a private file that is no content', () => {
    const nowMs = clock.nowMs
    expect(claim(mill)).toEqual(self)
    expect(record()).toEqual({
      version: 1,
      log: mill.logs[0],
      hostName: 'mill',
      machine: 'm1',
      pid: 10,
      sinceMs: nowMs,
      beatMs: nowMs,
    })
    expect(statSync(lock()).mode & 0o777).toBe(0o600)
    expect(readdirSync(base)).toEqual([ownerFileName])
    expect(isContent(ownerFileName)).toBe(false)
  })

  it('is another’s where he spoke in the last 7 days', () => {
    const sinceMs = clock.nowMs
    claim(mill)
    expect(claim(barn)).toEqual(otherIs('mill', sinceMs))
    clock.nowMs += 7 * dayMs
    expect(claim(barn)).toEqual(otherIs('mill', sinceMs))
    clock.nowMs += 1
    expect(claim(barn)).toEqual({ owner: 'self', takenFrom: { hostName: 'mill', sinceMs } })
    expect(claim(barn)).toEqual(self)
    // Whoever was robbed hears of it.
    expect(claim(mill)).toEqual(otherIs('barn', clock.nowMs))
  })

  it('renews its word at most once an hour, and keeps since when', () => {
    const sinceMs = clock.nowMs
    claim(mill)
    clock.nowMs += hourMs - 1
    claim(mill)
    expect(record()).toMatchObject({ sinceMs, beatMs: sinceMs })
    clock.nowMs += 1
    expect(claim(mill)).toEqual(self)
    expect(record()).toMatchObject({ sinceMs, beatMs: sinceMs + hourMs })
    // A clock that was set back must not keep it from speaking.
    clock.nowMs -= dayMs
    claim(mill)
    expect(record()).toMatchObject({ beatMs: clock.nowMs })
  })

  it('stays ours when the log is continued by another one, or the process is', () => {
    claim(mill)
    const next: OwnerSelf = { ...mill, logs: ['c'.repeat(32), ...mill.logs], pid: 11 }
    expect(claim(next)).toEqual(self)
    expect(record()).toMatchObject({ log: next.logs[0], pid: 11 })
    // Who holds only the log that was continued does not own what its continuation does.
    expect(claim({ ...mill, machine: 'm9' })).toMatchObject({ owner: 'other' })
  })

  describe('from another Holdfast of this machine', () => {
    const anew: OwnerSelf = { ...mill, logs: ['d'.repeat(32)], pid: 30 }
    const process = { pid: 10, agent: null, cwd: null, args: [] }
    beforeEach(() => claim(mill))

    it.each<[string, () => AgentList, number, boolean]>([
      ['its process ended', () => ({ known: true, list: [] }), 0, true],
      [
        'it runs',
        () => ({ known: true, list: [{ ...process, startedMs: clock.nowMs - dayMs }] }),
        3 * hourMs,
        false,
      ],
      ['it may run', () => ({ known: true, list: [{ ...process, startedMs: null }] }), 3 * hourMs, false],
      [
        'its pid is another’s now',
        () => ({ known: true, list: [{ ...process, startedMs: clock.nowMs }] }),
        3 * hourMs,
        true,
      ],
      ['nobody can tell', () => ({ known: false, list: [] }), hourMs, false],
      ['nobody can tell, and it is silent', () => ({ known: false, list: [] }), 3 * hourMs, true],
    ])('%s', (_, who, laterMs, taken) => {
      const sinceMs = clock.nowMs
      clock.nowMs += laterMs
      running = who()
      const from = { hostName: 'mill', sinceMs }
      expect(claim(anew)).toEqual(taken ? { owner: 'self', takenFrom: from } : { owner: 'other', ...from })
    })
  })

  it.each([
    ['damaged', '{"version":1,"log"'],
    ['empty', ''],
    ['of a newer version', JSON.stringify({ ...mill, version: 2, log: mill.logs[0], sinceMs: 0, beatMs: 0 })],
    ['of other fields', JSON.stringify({ version: 1, log: 5 })],
    ['no object', '7'],
    ['too large', `{"version":1,"x":"${'x'.repeat(70_000)}"}`],
  ])('holds a lock that can’t be understood for somebody else’s: %s', (_, text) => {
    writeFileSync(lock(), text)
    touch()
    const sinceMs = clock.nowMs
    expect(claim(mill)).toEqual(otherIs(null, sinceMs))
    clock.nowMs += 7 * dayMs + 1
    expect(claim(mill)).toEqual({ owner: 'self', takenFrom: { hostName: null, sinceMs } })
  })

  it('believes the file system where the owner’s clock is behind, and no time that is far ahead', () => {
    claim(mill)
    clock.nowMs += 30 * dayMs
    touch()
    expect(claim(barn)).toMatchObject({ owner: 'other' })
    clock.nowMs -= 60 * dayMs
    expect(claim(barn)).toMatchObject({ owner: 'self', takenFrom: { hostName: 'mill' } })
  })

  it('never takes a folder of that name for a lock of ours', () => {
    mkdirSync(lock())
    touch()
    expect(claim(mill)).toMatchObject({ owner: 'other', hostName: null })
  })

  it('gives one of two that claim at once the root, wherever they meet', () => {
    // The other claims before each call of ours in turn.
    const calls: (keyof WritableFiles)[] = ['open', 'stat', 'create', 'remove', 'rename']
    for (const abandoned of [false, true]) {
      for (let at = 0; at < 20; at++) {
        rmSync(base, { recursive: true })
        mkdirSync(base)
        if (abandoned) {
          writeFileSync(lock(), 'x')
          touch(clock.nowMs - 30 * dayMs)
        }
        const real = createNodeFiles()
        let count = 0
        let rival: ReturnType<typeof claimRoot> | undefined
        const meet = (): void => {
          if (count++ === at) rival = claimRoot(tools(), base, barn)
        }
        const files = { ...real }
        for (const name of calls) {
          Object.assign(files, {
            [name]: (...args: never[]) => {
              meet()
              return Reflect.apply(real[name], real, args)
            },
          })
        }
        const first = claimRoot(tools(files), base, mill)
        const second = rival ?? claimRoot(tools(), base, barn)
        const owners = [first.owner, second.owner]
        // Afterwards both agree, and one has it.
        const after = [claimRoot(tools(), base, mill).owner, claimRoot(tools(), base, barn).owner]
        expect([abandoned, at, owners.filter((owner) => owner === 'self').length]).toEqual([abandoned, at, 1])
        expect(after).toEqual(owners)
      }
    }
  })

  it('leaves a root alone while another claims it, and clears a guard that a crash left', () => {
    const guard = join(base, '.holdfast-owner-claim')
    writeFileSync(guard, '')
    utimesSync(guard, clock.nowMs / 1000, clock.nowMs / 1000)
    expect(claim(mill)).toEqual(otherIs(null, 0))
    expect(claim(mill)).toEqual(otherIs(null, 0))
    clock.nowMs += 61_000
    expect(claim(mill)).toEqual(otherIs(null, 0))
    expect(claim(mill)).toEqual(self)
    expect(readdirSync(base)).toEqual([ownerFileName])
    // Ours stays ours while the guard stands.
    writeFileSync(guard, '')
    clock.nowMs += 2 * hourMs
    expect(claim(mill)).toEqual(self)
  })

  it('leaves nothing behind where it can’t write', () => {
    const real = createNodeFiles()
    const full = new Error('disk full')
    const files: WritableFiles = {
      ...real,
      rename: () => {
        throw full
      },
    }
    expect(() => claim(mill, files)).toThrow(full)
    expect(claim(mill)).toEqual(self)
    expect(readdirSync(base)).toEqual([ownerFileName])
    expect(() => claimRoot(tools(), join(base, 'missing'), mill)).toThrow('ENOENT')
  })

  it('is anybody’s once it was released, by its owner only', () => {
    claim(mill)
    releaseRoot(tools(), base, barn)
    expect(claim(barn)).toMatchObject({ owner: 'other' })
    releaseRoot(tools(), base, mill)
    expect(readdirSync(base)).toEqual([])
    expect(claim(barn)).toEqual(self)
  })
})
