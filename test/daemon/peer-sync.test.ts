import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { hosts } from '../../src/daemon/operations/hosts.js'
import { record } from '../../src/daemon/operations/record.js'
import { openOwnLog } from '../../src/daemon/log-continuity.js'
import { knownPeers } from '../../src/daemon/known-peers.js'
import { readWitness, writeWitness } from '../../src/daemon/witness-file.js'
import { fingerprint } from '../../src/daemon/peer-trust.js'
import { readHostKey } from '../../src/daemon/host-key.js'
import { knownForks } from '../../src/daemon/sync-fence.js'
import { keptIo, type RecordedHome } from './recorded-home.js'
import { cloned, logsAt, meet, meetIn, vaultHome, replayed, snapshot } from './peer-world.js'

const ofA = { 'p/a.jsonl': 'one\ntwo\n', 'p/b.jsonl': 'other\n', 'q/c.jsonl': 'third\n' }
const ofB = { 'p/x.jsonl': 'birch\n' }

let a: RecordedHome
let b: RecordedHome

beforeEach(async () => {
  a = vaultHome('alder')
  b = vaultHome('birch')
  for (const [path, text] of Object.entries(ofA)) a.write(path, text)
  for (const [path, text] of Object.entries(ofB)) b.write(path, text)
  await a.record()
  await b.record()
})

const reasonOf = (home: RecordedHome, log: string) =>
  home.with(
    async (runtime) =>
      (await hosts(runtime)).hosts.flatMap(({ logs }) => logs).find((each) => each.log === log)?.reason,
  )

describe('two hosts that meet', () => {
  it('hold each other’s files, once and for all', async () => {
    const first = await meet(a, b)
    expect(first).toMatchObject({ first: true, notes: [], result: { sent: 4, received: 2, forks: [] } })
    expect(await replayed(b, 'alder')).toEqual(ofA)
    expect(await replayed(a, 'birch')).toEqual(ofB)
    expect(await replayed(a, 'alder')).toEqual(ofA)
    expect((await meet(b, a)).result).toMatchObject({ sent: 0, received: 0 })
    expect((await logsAt(a)).all.map(({ log, chain }) => [log, chain])).toEqual(
      (await logsAt(b)).all.map(({ log, chain }) => [log, chain]),
    )
    expect(await a.verify()).toMatchObject({ ok: true })
    expect(await b.verify()).toMatchObject({ ok: true })
  })

  it('know the other’s key afterwards', async () => {
    const { key } = await meet(a, b)
    expect(key).toBe(fingerprint(readHostKey(b.home.identityFolder)!.publicKey))
    expect(knownPeers(b.home.identityFolder)).toMatchObject([
      { name: 'alder', key: fingerprint(readHostKey(a.home.identityFolder)!.publicKey) },
    ])
    await expect(meet(a, b, { peer: { key: `SHA256:${'x'.repeat(43)}` } })).rejects.toMatchObject({
      code: 'PEER_REFUSED',
      next: expect.stringContaining('peer add peer'),
    })
    expect((await logsAt(a)).all).toHaveLength(2)
  })

  it('move nothing in a dry run, and go one way where that is asked for', async () => {
    expect((await meet(a, b, { dryRun: true })).result.plan).toMatchObject([
      { events: expect.any(Number) },
      {},
    ])
    expect((await logsAt(b)).all).toHaveLength(1)
    expect((await meet(a, b, { receive: false })).result).toMatchObject({ sent: 4, received: 0 })
    expect((await logsAt(a)).all).toHaveLength(1)
    expect((await meet(a, b, { send: false })).result).toMatchObject({ sent: 0, received: 2 })
  })

  it('go on where a link broke, whatever had moved', async () => {
    a.write('p/long.jsonl', `${'x'.repeat(70_000)}\n`.repeat(20))
    await a.record()
    for (const cutAfterBytes of [300, 900, 1_500, 20_000, 200_000])
      await meet(a, b, { cutAfterBytes }).catch(() => undefined)
    const { result } = await meet(a, b)
    expect(result).toMatchObject({ missing: [], forks: [] })
    expect(await replayed(b, 'alder')).toEqual({ ...ofA, 'p/long.jsonl': a.read('p/long.jsonl') })
    expect(await b.verify()).toMatchObject({ ok: true })
  })

  it('pass on what they hold of a third', async () => {
    const c = vaultHome('cedar')
    await meet(a, b)
    await meet(c, b)
    expect(await replayed(c, 'alder')).toEqual(ofA)
  })
})

describe('before events leave', () => {
  it('the witness knows of them', async () => {
    await meet(a, b)
    await a.withKilled(async (runtime) => {
      const own = await openOwnLog(runtime)
      await own.writer.append({ events: [{ body: { kind: 'retire', host: 'ab'.repeat(16) } }] })
      const before = readWitness(a.home.identityFolder)!.events
      await b.with((theirs) => meetIn(runtime, theirs))
      expect(readWitness(a.home.identityFolder)).toMatchObject({ log: own.writer.log, events: before + 1 })
    })
  })
})

describe('a clone', () => {
  it('writes a log of its own, and both go on side by side', async () => {
    await meet(a, b)
    const { own } = await logsAt(a)
    const c = cloned(a, 'cedar')
    c.append('p/a.jsonl', 'at the clone\n')
    a.append('p/a.jsonl', 'at the original\n')
    await a.record()
    expect((await c.record()).newLog).toContain('copy')
    expect((await meet(c, b)).result.forks).toEqual([])
    expect((await meet(a, b)).result.forks).toEqual([])
    expect((await meet(c, b)).result.forks).toEqual([])
    expect((await logsAt(c)).own).not.toBe(own)
    expect(await reasonOf(b, (await logsAt(c)).own)).toContain('copy')
    expect(await replayed(b, 'cedar')).toEqual({ ...ofA, 'p/a.jsonl': 'one\ntwo\nat the clone\n' })
    expect(await replayed(c, own)).toEqual({ ...ofA, 'p/a.jsonl': 'one\ntwo\nat the original\n' })
  })

  it('of another machine can still pass on what it holds of the log that it left', async () => {
    writeWitness(a.home.identityFolder, { ...readWitness(a.home.identityFolder)!, machine: 'another' })
    const { own } = await logsAt(a)
    const key = readHostKey(a.home.identityFolder)!.publicKey
    expect((await a.record()).newLog).toContain('another machine')
    expect(Buffer.compare(key, readHostKey(a.home.identityFolder)!.publicKey)).not.toBe(0)
    await meet(a, b)
    expect(await replayed(b, own)).toEqual(ofA)
  })
})

describe('a store that was rolled back, with its witness', () => {
  it('takes back what a peer holds more, ends that log first, and goes on in a new one', async () => {
    const rollBack = snapshot(a)
    const { own } = await logsAt(a)
    a.append('p/a.jsonl', 'seen by the peer\n')
    await a.record()
    await meet(a, b)
    rollBack()
    // The peer comes before anything is recorded.
    await meet(b, a)
    const now = await logsAt(a)
    expect(now.own).not.toBe(own)
    expect(now.all.find(({ log }) => log === own)?.events).toBe(5)
    expect(await reasonOf(a, now.own)).toContain('rolled back')
    a.append('p/a.jsonl', 'and after\n')
    await a.record()
    expect((await logsAt(a)).own).toBe(now.own)
    expect((await meet(a, b)).result.forks).toEqual([])
    const whole = { ...ofA, 'p/a.jsonl': 'one\ntwo\nseen by the peer\nand after\n' }
    expect(await replayed(a, 'alder')).toEqual(whole)
    expect(await replayed(b, 'alder')).toEqual(whole)
    expect(await a.verify()).toMatchObject({ ok: true })
  })

  it('is told apart where it wrote on before it met the peer: nothing is overwritten, and its files reach the peer', async () => {
    const rollBack = snapshot(a)
    const { own } = await logsAt(a)
    a.append('p/a.jsonl', 'seen by the peer\n')
    await a.record()
    await meet(a, b)
    const there = (await logsAt(b)).all.find(({ log }) => log === own)!
    rollBack()
    a.append('p/b.jsonl', 'written in its place\n')
    await a.record()
    const forked = await meet(a, b)
    expect(forked.result.forks).toMatchObject([{ log: own, offset: 4 }])
    expect(forked.notes.join()).toContain('no longer written')
    expect((await logsAt(b)).all.find(({ log }) => log === own)).toEqual(there)
    expect(await a.with(({ store }) => knownForks(store))).toMatchObject([
      { log: own, offset: 4, peer: 'peer' },
    ])
    expect(await b.with(({ store }) => knownForks(store))).toMatchObject([{ log: own, peer: 'alder' }])

    await a.record()
    const now = await logsAt(a)
    expect(now.own).not.toBe(own)
    expect(await reasonOf(a, now.own)).toContain('another writer')
    await meet(a, b)
    const whole = {
      ...ofA,
      'p/a.jsonl': 'one\ntwo\nseen by the peer\n',
      'p/b.jsonl': 'other\nwritten in its place\n',
    }
    expect(await replayed(b, 'alder')).toEqual(whole)
    expect(await replayed(a, 'alder')).toEqual(whole)
    expect(await a.verify()).toMatchObject({ ok: true })
  })

  it('in a recording that runs is fenced without an end of the recording', async () => {
    const rollBack = snapshot(a)
    a.append('p/a.jsonl', 'seen by the peer\n')
    await a.record()
    await meet(a, b)
    rollBack()
    await a.with(async (runtime) => {
      let restarts = 0
      runtime.recorder = {
        settled: () => Promise.resolve(),
        restart: async () => {
          restarts += 1
          await runtime.session?.stop()
          await record(runtime, {}, keptIo())
        },
      }
      await record(runtime, {}, keptIo())
      await b.with((theirs) => meetIn(runtime, theirs))
      expect(restarts).toBe(1)
      expect(runtime.session?.own.opened).toContain('another writer')
    })
    await meet(a, b)
    expect(await replayed(b, 'alder')).toEqual({ ...ofA, 'p/a.jsonl': 'one\ntwo\nseen by the peer\n' })
  })
})

describe('files of another host', () => {
  it('are never taken for this machine’s', async () => {
    b.write('p/a.jsonl', 'one of another name\n')
    await meet(a, b)
    expect(await replayed(b, 'alder')).toEqual(ofA)
    expect(readFileSync(join(b.user, '.claude/projects/p/a.jsonl'), 'utf8')).toBe('one of another name\n')
    await b.record()
    expect(await replayed(b, 'birch')).toEqual({ ...ofB, 'p/a.jsonl': 'one of another name\n' })
  })
})
