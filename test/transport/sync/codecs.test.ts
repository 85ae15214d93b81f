import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as zlib from 'node:zlib'
import { nodeCodecs } from '../../../src/transport/sync/codecs.js'
import { frameHeader, FrameReader } from '../../../src/transport/sync/frame.js'
import { changeSince, entryOf, extentOf, HaveSet, sameEntry } from '../../../src/transport/sync/have-set.js'
import type { LogEntry } from '../../../src/transport/sync/have-set.js'
import { decodeMemory, encodeMemory } from '../../../src/transport/sync/memory-codec.js'
import { decodeMessage, encodeMessage } from '../../../src/transport/sync/message-codec.js'
import type { Message } from '../../../src/transport/sync/messages.js'
import { Outbox } from '../../../src/transport/sync/outbox.js'
import { difference, toRanges } from '../../../src/engine/core/ranges.js'
import { decodeRun, encodeRun } from '../../../src/transport/sync/run-codec.js'
import { syncLimits } from '../../../src/transport/sync/sync-limits.js'
import { toldHave } from '../../../src/transport/sync/told-have.js'
import type { Link } from '../../../src/engine/ports/link.js'
import { settled } from '../../simulation/clock.js'
import { FakeHost, hasher } from './sync-world.js'

/** Bytes as hex: msgpackr gives a `Buffer` where a plain array went in. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Map) return [...value].map(comparable)
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, comparable(each)]))
}

const protocol = expect.objectContaining({ code: 'PROTOCOL' })

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const log = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const offset = fc.oneof(fc.nat(200), fc.nat(2 ** 40))
const ranges = fc
  .array(fc.tuple(offset, fc.integer({ min: 1, max: 50 })), { maxLength: 5 })
  .map((pairs) => toRanges(pairs.map(([from, length]) => ({ from, to: from + length }))))

const entry: fc.Arbitrary<LogEntry> = fc
  .record({
    log,
    publicKey: hash,
    logNonce: hash,
    held: ranges,
    others: ranges,
    chains: fc.array(hash, { minLength: 12, maxLength: 12 }),
  })
  .map(({ log: id, publicKey, logNonce, held, others, chains }) => {
    const stubs = difference(others, held)
    const ends = [...held, ...stubs].map(({ to }) => to).sort((a, b) => a - b)
    return {
      identity: { log: id, publicKey, logNonce },
      held,
      stubs,
      chains: new Map(ends.map((events, i) => [events, chains[i % chains.length] as Uint8Array])),
    }
  })
const entries = fc.array(entry, { maxLength: 4 })

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    versionMin: fc.nat(9),
    versionMax: fc.nat(9),
    features: fc.array(fc.string({ maxLength: 9 }), { maxLength: 3 }),
    codecs: fc.array(fc.string({ maxLength: 9 }), { maxLength: 3 }),
    hostName: fc.string({ maxLength: 30 }),
    publicKey: hash,
    challenge: hash,
    role: fc.constantFrom('initiator' as const, 'responder' as const),
    live: fc.boolean(),
    sends: fc.boolean(),
    receives: fc.boolean(),
    dryRun: fc.boolean(),
    windowBytes: fc.integer({ min: 1, max: 2 ** 40 }),
  }),
  fc.record({
    type: fc.constant('proof' as const),
    signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    have: hash,
    told: fc.oneof(hash, fc.constant(new Uint8Array())),
    heard: hash,
  }),
  fc.record({
    type: fc.constant('have' as const),
    base: fc.constantFrom('all' as const, 'memory' as const, 'equal' as const),
    logs: entries,
    gone: fc.array(log, { maxLength: 3 }),
    more: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('want' as const),
    logs: fc.array(fc.record({ log, ranges }), { maxLength: 3 }),
    more: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('events' as const),
    seq: offset,
    codec: fc.constantFrom('none' as const, 'brotli' as const, 'zstd' as const),
    rawBytes: offset,
    body: fc.uint8Array({ maxLength: 40 }),
  }),
  fc.record({
    type: fc.constant('ack' as const),
    seq: offset,
    outcome: fc.constantFrom('stored' as const, 'known' as const, 'forked' as const, 'declined' as const),
  }),
  fc.record({
    type: fc.constant('filter' as const),
    projects: fc.array(fc.string({ minLength: 1 })),
    sessions: fc.array(fc.string({ minLength: 1 })),
  }),
  fc.constantFrom<Message>({ type: 'served' }, { type: 'settled' }, { type: 'ping' }, { type: 'pong' }),
  fc.record({
    type: fc.constant('sizes' as const),
    logs: fc.array(fc.record({ log, events: offset, bytes: offset }), { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('chain?' as const), log, events: offset }),
  fc.record({ type: fc.constant('chain!' as const), log, events: offset, chain: fc.option(hash) }),
  fc.record({ type: fc.constant('forked' as const), log, offset, explained: fc.string({ maxLength: 99 }) }),
  fc.record({
    type: fc.constant('close' as const),
    code: fc.constantFrom('done' as const, 'idle' as const, 'refused' as const, 'invalid' as const),
    text: fc.string({ maxLength: 99 }),
  }),
)

describe('messages', () => {
  it('come out as they went in', () => {
    fc.assert(
      fc.property(message, (sent) => {
        expect(comparable(decodeMessage(encodeMessage(sent)))).toEqual(comparable(sent))
      }),
      { numRuns: 300 },
    )
  })

  it('that are bent or made up are refused by nothing but PROTOCOL', () => {
    const bent = fc.tuple(message, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([sent, at, byte]) => {
      const bytes = encodeMessage(sent)
      return bytes.map((old, i) => (i === at % bytes.length ? byte : old))
    })
    fc.assert(
      fc.property(fc.oneof(bent, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        try {
          expect(decodeMessage(bytes)).toHaveProperty('type')
        } catch (error) {
          expect(error).toEqual(protocol)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('frames', () => {
  it('come out as they went in, however they are split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
        fc.array(fc.nat(20)),
        (payloads, sizes) => {
          const wire = Buffer.concat(payloads.flatMap((payload) => [frameHeader(hasher, payload), payload]))
          const reader = new FrameReader(hasher, 100)
          const found: number[][] = []
          const drain = (): void => {
            for (let next = reader.next(); next; next = reader.next()) found.push([...next])
          }
          let at = 0
          for (const size of [...sizes, wire.length]) {
            reader.add(wire.subarray(at, at + size))
            at = Math.min(wire.length, at + size)
            drain()
          }
          expect(found).toEqual(payloads.map((payload) => [...payload]))
          expect(reader.inFrame).toBe(false)
        },
      ),
    )
  })

  it('with any bit changed are refused, at the latest when they are whole', () => {
    const payload = Buffer.from('holdfast')
    const wire = Buffer.concat([frameHeader(hasher, payload), payload])
    for (let bit = 0; bit < wire.length * 8; bit += 1) {
      const changed = Uint8Array.from(wire)
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const reader = new FrameReader(hasher, 100)
      reader.add(changed)
      expect(() => reader.next()).toThrow(protocol)
      expect(() => reader.next()).toThrow(protocol)
    }
  })
})

describe('runs', () => {
  it('come out as they went in, with the identity only where it is needed', () => {
    const source = new FakeHost('a', 1).newLog(3)
    const run = {
      identity: source.identity,
      from: 7,
      events: [
        { kind: 'event' as const, encoded: new Uint8Array([1, 2]) },
        { kind: 'stub' as const, digest: new Uint8Array(32), reason: 'purged' as const },
        { kind: 'event' as const, encoded: new Uint8Array() },
      ],
      point: { ...source.point(3), events: 10 },
    }
    expect(comparable(decodeRun(encodeRun(run, false), () => undefined))).toEqual(comparable(run))
    expect(comparable(decodeRun(encodeRun(run, true), () => source.identity))).toEqual(comparable(run))
    expect(() => decodeRun(encodeRun(run, true), () => undefined)).toThrow(protocol)
    const behindHole = { ...run, before: new Uint8Array(32).fill(7) }
    expect(comparable(decodeRun(encodeRun(behindHole, true), () => source.identity))).toEqual(
      comparable(behindHole),
    )
    const filling = { ...run, point: { ...run.point, signature: new Uint8Array() } }
    expect(comparable(decodeRun(encodeRun(filling, true), () => source.identity))).toEqual(
      comparable(filling),
    )
    for (const wrong of [
      { ...run, before: new Uint8Array(31) },
      { ...run, point: { ...run.point, signature: new Uint8Array(63) } },
    ])
      expect(() => decodeRun(encodeRun(wrong, true), () => source.identity)).toThrow(protocol)
    expect(extentOf(run)).toMatchObject({
      held: [
        { from: 7, to: 8 },
        { from: 9, to: 10 },
      ],
      stubs: [{ from: 8, to: 9 }],
    })
  })
})

describe('have-sets', () => {
  it('told as changes are what they were, and of one digest', () => {
    fc.assert(
      fc.property(entries, entries, (before, now) => {
        const [known, current] = [new HaveSet(before), new HaveSet(now)]
        const { changed, gone } = changeSince(known, current)
        const heard = new HaveSet(known.entries)
        for (const each of changed) heard.put(each)
        for (const id of gone) heard.remove(id)
        expect(heard.digest(hasher)).toEqual(current.digest(hasher))
        expect(changeSince(current, current)).toEqual({ changed: [], gone: [] })
      }),
    )
  })

  it('have another digest for every other content', () => {
    fc.assert(
      fc.property(entry, entry, (a, b) => {
        const [one, other] = [new HaveSet([a]), new HaveSet([{ ...b, identity: a.identity }])]
        const equal = Buffer.compare(one.digest(hasher), other.digest(hasher)) === 0
        expect(equal).toBe(sameEntry(a, b))
      }),
    )
  })

  it('grow by runs to the same, whatever their order', () => {
    const source = new FakeHost('a', 2).newLog(20)
    const run = (from: number, to: number) =>
      extentOf({
        identity: source.identity,
        from,
        events: source.events.slice(from, to).map(({ encoded }) => ({ kind: 'event' as const, encoded })),
        point: source.point(to),
      })
    const parts = [run(0, 4), run(4, 9), run(12, 20), run(9, 12)]
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: 4 }), (order) => {
        const set = new HaveSet()
        for (const part of order) set.add(part)
        const whole = entryOf({
          ...source.identity,
          held: [{ from: 0, to: 20 }],
          stubs: [],
          ends: [source.point(20)],
        })
        expect(sameEntry(set.get(source.log) as LogEntry, whole)).toBe(true)
      }),
    )
  })

  it('let an event take the place of its stub, never the other way', () => {
    const source = new FakeHost('a', 4).newLog(9)
    const extent = (from: number, to: number, kind: 'held' | 'stubs') => {
      const sides = { held: [], stubs: [], [kind]: [{ from, to }] }
      return { identity: source.identity, ...sides, end: source.point(to) }
    }
    const set = new HaveSet()
    set.add(extent(0, 9, 'stubs'))
    set.add(extent(2, 5, 'held'))
    set.add(extent(0, 4, 'stubs'))
    expect(set.get(source.log)).toMatchObject({
      held: [{ from: 2, to: 5 }],
      stubs: [
        { from: 0, to: 2 },
        { from: 5, to: 9 },
      ],
    })
    expect(set.placed(source.log)).toEqual([{ from: 0, to: 9 }])
  })

  it('are cut to what a session carries', () => {
    const source = new FakeHost('a', 3).newLog(20)
    const held = [0, 4, 8, 12].map((from) => ({ from, to: from + 2 }))
    const have = {
      ...source.identity,
      held,
      stubs: [{ from: 17, to: 18 }],
      ends: [2, 6, 10, 14, 18].map((to) => source.point(to)),
    }
    const told = toldHave([have], () => true, { ...syncLimits, logMaxRanges: 3 })
    expect(told.get(source.log)).toMatchObject({ held: held.slice(0, 3), stubs: [] })
    expect([...(told.get(source.log)?.chains.keys() ?? [])]).toEqual([2, 6, 10])
    expect(toldHave([have], () => false, syncLimits).entries).toEqual([])
    expect(toldHave([have], () => true, { ...syncLimits, haveMaxLogs: 0 }).entries).toEqual([])
  })
})

describe('what is remembered', () => {
  it('comes back, or not at all where it was damaged', () => {
    fc.assert(
      fc.property(entries, entries, fc.nat(), fc.integer({ min: 1, max: 255 }), (told, heard, at, change) => {
        const memory = { told: new HaveSet(told), heard: new HaveSet(heard) }
        const saved = encodeMemory(memory, hasher)
        const loaded = decodeMemory(saved, hasher)
        expect(loaded?.told.digest(hasher)).toEqual(memory.told.digest(hasher))
        expect(loaded?.heard.digest(hasher)).toEqual(memory.heard.digest(hasher))
        const damaged = saved.map((byte, i) => (i === at % saved.length ? byte ^ change : byte))
        const read = decodeMemory(damaged, hasher)
        // Identities are not in the digests: they are what the log ids stand for.
        if (read) expect(read.told.digest(hasher)).toEqual(memory.told.digest(hasher))
        expect(decodeMemory(undefined, hasher)).toBeUndefined()
      }),
    )
  })
})

describe('the outbox', () => {
  it('sends answers before data that waits, and each in its order', async () => {
    const sent: string[] = []
    let release = (): void => undefined
    const link: Link = {
      name: 'far',
      receive: (async function* () {})(),
      send: (bytes) => {
        sent.push(Buffer.from(bytes).toString())
        return new Promise((resolve) => {
          release = resolve
        })
      },
      close: () => Promise.resolve(),
    }
    const outbox = new Outbox(link, 1000, () => undefined)
    const put = (text: string): readonly [Uint8Array, Uint8Array] => [Buffer.from(text), new Uint8Array()]
    const data = ['data 1', 'data 2'].map((text) => outbox.send(...put(text)))
    await settled()
    for (const text of ['answer 1;', 'answer 2;']) outbox.post(...put(text))
    for (let i = 0; i < 3; i += 1) {
      release()
      await settled()
    }
    await Promise.all([...data, outbox.flushed()])
    expect(sent).toEqual(['data 1', 'answer 1;answer 2;', 'data 2'])
  })
})

describe('codecs', () => {
  it('shorten and bring back, and never give more than was announced', async () => {
    for (const codec of nodeCodecs()) {
      for (const length of [10, 1000, 100_000]) {
        const bytes = Buffer.alloc(length, 'holdfast ')
        const packed = await codec.compress(bytes)
        expect(Buffer.from(await codec.decompress(packed, length)).equals(bytes)).toBe(true)
        await expect((async () => codec.decompress(packed, length - 1))()).rejects.toThrow()
        await expect((async () => codec.decompress(bytes, length))()).rejects.toThrow()
      }
    }
  })

  it('offer zstd first where this Node has it', () => {
    const has = 'zstdCompress' in zlib
    expect(nodeCodecs().map(({ name }) => name)).toEqual(has ? ['zstd', 'brotli'] : ['brotli'])
    const functions = {
      zstdCompress: () => undefined,
      zstdCompressSync: () => new Uint8Array(1),
      zstdDecompress: () => undefined,
      zstdDecompressSync: () => new Uint8Array(2),
    }
    const [zstd] = nodeCodecs(functions)
    expect(zstd?.name).toBe('zstd')
    expect(zstd?.compress(new Uint8Array(5))).toHaveLength(1)
    expect(zstd?.decompress(new Uint8Array(5), 9)).toHaveLength(2)
  })
})
