import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import type { Event, EventBody } from '../../src/engine/core/event.js'
import { HoldfastError } from '../../src/engine/core/errors.js'
import { decodeEvent, encodeEvent } from '../../src/store/event-codec.js'
import { eventFromJson, eventToJson, type FrozenEvent } from '../fixtures/event-json.js'
import { arbitraryEvent } from './arbitrary-event.js'

const frozen = JSON.parse(
  readFileSync(new URL('../fixtures/events-v1.json', import.meta.url), 'utf8'),
) as FrozenEvent[]
const nonce = Buffer.alloc(16, 1)
const packr = new Packr({ useRecords: false, variableMapSize: true })

const everyKind: Record<Exclude<EventBody['kind'], 'unknown'>, true> = {
  open: true,
  append: true,
  reset: true,
  written: true,
  base: true,
  remove: true,
  move: true,
  file: true,
  resolve: true,
  alias: true,
  milestone: true,
  'session-start': true,
  'session-end': true,
  crash: true,
  retire: true,
}

/** What decoding says of bytes: the event, or the code of the error. Anything but our own error is thrown on. */
function decoded(bytes: Uint8Array): Event | string {
  try {
    return decodeEvent(bytes)
  } catch (error) {
    if (error instanceof HoldfastError) return error.code
    throw error
  }
}

describe('events of version 1, as they were frozen', () => {
  it('has every kind', () => {
    const kinds = new Set(frozen.map(({ event }) => eventFromJson(event).body.kind))
    expect([...kinds].toSorted()).toEqual(Object.keys(everyKind).toSorted())
  })

  it.each(frozen)('$name is read as it was meant', ({ encoded, event }) => {
    expect(eventToJson(decodeEvent(Buffer.from(encoded, 'hex')))).toEqual(event)
  })

  it.each(frozen)('$name is written as the same bytes', ({ encoded, event, nonce: hex }) => {
    const bytes = encodeEvent(eventFromJson(event), Buffer.from(hex, 'hex'))
    expect(Buffer.from(bytes).toString('hex')).toBe(encoded)
  })
})

describe('encodeEvent and decodeEvent', () => {
  it('round-trip every kind', () => {
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        expect(eventToJson(decodeEvent(encodeEvent(event, nonce)))).toEqual(eventToJson(event))
      }),
      { numRuns: 300 },
    )
  })

  it('give bytes of their own, not views of the input', () => {
    const [append] = frozen.filter(({ name }) => name === 'append')
    const input = Buffer.from(append!.encoded, 'hex')
    const { body } = decodeEvent(input)
    input.fill(0)
    expect(body.kind === 'append' && Buffer.from(body.bytes).toString('latin1')).toBe('{"a":1}\r\n\0\xff')
  })

  it('write a milestone the same way whatever the order of its logs', () => {
    const [a, b] = ['a', 'b'].map((digit) => digit.repeat(32)) as [string, string]
    const event = (have: Record<string, number>): Event => ({
      log: a,
      offset: 0,
      time: { ms: 0, counter: 0 },
      parents: [],
      body: { kind: 'milestone', name: 'm', have },
    })
    const bytes = (have: Record<string, number>): string =>
      Buffer.from(encodeEvent(event(have), nonce)).toString('hex')
    expect(bytes({ [a]: 1, [b]: 2 })).toBe(bytes({ [b]: 2, [a]: 1 }))
  })

  it('refuse to encode what they only pass on', () => {
    const event: Event = {
      log: 'a'.repeat(32),
      offset: 0,
      time: { ms: 0, counter: 0 },
      parents: [],
      body: { kind: 'unknown', code: 99 },
    }
    expect(() => encodeEvent(event, nonce)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    expect(() =>
      encodeEvent({ ...event, body: { kind: 'retire', host: event.log } }, Buffer.alloc(8)),
    ).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})

describe('what a newer Holdfast wrote', () => {
  const log = Buffer.alloc(16, 0xcd)
  const tuple = (version: number, code: number, ...body: unknown[]): Uint8Array =>
    packr.pack([version, code, log, 7, 1000, 2, nonce, [], null, ...body])

  it.each([
    ['a kind that is not known', tuple(1, 200, { any: 'thing' }), 200],
    ['a version that is not known, with a kind that is', tuple(2, 1, 'other body'), 1],
    ['a known kind of another version, without a body', tuple(9, 13), 13],
  ])('%s is kept as unknown', (_name, encoded, code) => {
    expect(decodeEvent(encoded)).toEqual({
      log: 'cd'.repeat(16),
      offset: 7,
      time: { ms: 1000, counter: 2 },
      parents: [],
      body: { kind: 'unknown', code },
    })
  })
})

describe('bytes that are no event', () => {
  const [append] = frozen.filter(({ name }) => name === 'append')
  const good = Buffer.from(append!.encoded, 'hex')
  const packed = (...values: unknown[]): Uint8Array => packr.pack(values)
  const id = Buffer.alloc(16)
  const head = [id, 0, 1, 0, nonce, []]

  it.each([
    ['nothing', new Uint8Array()],
    ['a number', packr.pack(1)],
    ['a map', packr.pack({ a: 1 })],
    ['an empty tuple', packed()],
    ['a short log id', packed(1, 0, Buffer.alloc(15), 0, 1, 0, nonce, [], null)],
    ['a short nonce', packed(1, 14, id, 0, 1, 0, Buffer.alloc(15), [], null, id)],
    ['a negative offset', packed(1, 14, id, -1, 1, 0, nonce, [], null, id)],
    ['a fractional time', packed(1, 14, id, 0, 1.5, 0, nonce, [], null, id)],
    ['a time past all numbers', packed(1, 14, id, 0, Number.POSITIVE_INFINITY, 0, nonce, [], null, id)],
    ['a file event about no file', packed(1, 1, ...head, null, 0, 0, Buffer.from('x'))],
    ['text where bytes belong', packed(1, 1, ...head, ['r', 'f', 'p', 'h', null], 0, 0, 'x')],
    ['a body that is cut short', packed(1, 2, ...head, ['r', 'f', 'p', 'h', null], 0)],
    [
      'a digest that is too short',
      packed(1, 4, ...head, ['r', 'f', 'p', 'h', null], 0, [id, '', '', 0], 1, id),
    ],
    ['a cut event', good.subarray(0, -1)],
    ['an event with something behind it', Buffer.concat([good, Buffer.of(0)])],
  ])('%s', (_name, bytes) => {
    expect(decoded(bytes)).toBe('STORE_DAMAGED')
  })

  it('never crash in another way, and leave nothing behind in the codec', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    const damaged = fc.tuple(fc.constantFrom(...frozen), flips).map(([{ encoded }, changes]) => {
      const bytes = Buffer.from(encoded, 'hex')
      for (const [at, mask] of changes) bytes[at % bytes.length]! ^= mask
      return new Uint8Array(bytes)
    })
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        const result = decoded(bytes)
        if (typeof result === 'string') expect(result).toBe('STORE_DAMAGED')
        // msgpack has extensions that change the decoder itself: the next event must not notice.
        const again = encodeEvent(decodeEvent(good), Buffer.from(append!.nonce, 'hex'))
        expect(Buffer.from(again).toString('hex')).toBe(append!.encoded)
      }),
      { numRuns: 3000 },
    )
  })
})
