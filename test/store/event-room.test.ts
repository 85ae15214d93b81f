import { describe, expect, it } from 'vitest'
import type { Event } from '../../src/engine/core/event.js'
import { createHasher } from '../../src/platform/node-hasher.js'
import { encodeEvent } from '../../src/store/event-codec.js'
import { packValue, valueHeaderBytes } from '../../src/store/event-value.js'

const nonce = new Uint8Array(16).fill(7)
const chain = new Uint8Array(32).fill(9)

function event(length: number): Event {
  const file = { root: 'claude', format: 'claude', path: 'a.jsonl', home: '/home/me', cwd: null }
  const bytes = new Uint8Array(length).fill(0x61)
  return {
    log: 'ab'.repeat(16),
    offset: 3,
    time: { ms: 1_760_000_000_000, counter: 0 },
    parents: [],
    body: { kind: 'append', file, epoch: 0, position: 0, bytes },
  }
}

describe('encoding into memory that is given', () => {
  it.each([0, 100, 100_000])('gives the same value, of %i bytes of payload', async (length) => {
    const hasher = await createHasher()
    const plain = encodeEvent(event(length), nonce)
    const wanted = packValue(hasher, chain, plain)
    const room = Buffer.alloc(length + 8192, 0xff)
    const encoded = encodeEvent(event(length), nonce, room.subarray(valueHeaderBytes))
    expect(encoded.buffer).toBe(room.buffer)
    const value = packValue(hasher, chain, encoded, room)
    expect(value.buffer).toBe(room.buffer)
    expect(value.equals(wanted)).toBe(true)
  })

  it('goes elsewhere where it is too small', async () => {
    const hasher = await createHasher()
    const room = Buffer.alloc(4096)
    const encoded = encodeEvent(event(100_000), nonce, room.subarray(valueHeaderBytes))
    const value = packValue(hasher, chain, encoded, room)
    expect(value.buffer).not.toBe(room.buffer)
    expect(value.equals(packValue(hasher, chain, encodeEvent(event(100_000), nonce)))).toBe(true)
  })

  it('leaves that memory to its owner afterwards', () => {
    const room = Buffer.alloc(64 * 1024)
    encodeEvent(event(100), nonce, room)
    expect(encodeEvent(event(100), nonce).buffer).not.toBe(room.buffer)
  })
})
