import { createHash } from 'node:crypto'
import type { Event } from '../src/engine/core/event.js'
import { createHasher } from '../src/platform/node-hasher.js'
import { decodeEvent, encodeEvent } from '../src/store/event-codec.js'
import { eventDigest, firstChain, nextChain, packValue, unpackValue } from '../src/store/event-value.js'
import { SeededRandom } from '../test/fixtures-gen/random.js'
import type { BenchOptions, BenchResult } from './harness.js'
import { compareSmall, sizeName, type SmallWork } from './micro.js'
import { sessionBytes } from './session-bytes.js'

/** A short line, a usual one, a long one, a whole extent. */
const sizes = [200, 1024, 64 * 1024, 512 * 1024]

const file = {
  root: 'claude',
  format: 'claude',
  path: '-home-ada-code-holdfast/0f5a3f0e-6f0b-4c8e-9b1e-3f1f8f0c2d11.jsonl',
  home: '/home/ada',
  cwd: '/home/ada/code/holdfast',
}

/**
 * What one event costs on its way into the log (encode, digest, chain, value with its sum) and out of it (sum, decode),
 * beside JSON.stringify and JSON.parse of the same event with its bytes as text.
 */
export async function run({ tiny }: BenchOptions): Promise<readonly BenchResult[]> {
  const hasher = await createHasher()
  const log = '5f'.repeat(16)
  const nonce = new SeededRandom('codec').bytes(16)
  const results: BenchResult[] = []
  for (const bytes of tiny ? sizes.slice(0, 2) : sizes) {
    const payload = sessionBytes(bytes)
    const event: Event = {
      log,
      offset: 123_456,
      time: { ms: 1_750_000_000_000, counter: 3 },
      parents: [],
      body: { kind: 'append', file, epoch: 0, position: 4_000_000, bytes: payload },
    }
    const encoded = encodeEvent(event, nonce)
    const digest = eventDigest(hasher, encoded)
    const value = packValue(hasher, digest, encoded)
    const plain = { ...event, body: { ...event.body, bytes: Buffer.from(payload).toString() } }
    const text = JSON.stringify(plain)
    const stringify = work('JSON.stringify', () => JSON.stringify(plain))
    const parse = work('JSON.parse', () => JSON.parse(text) as unknown, JSON.stringify)
    const pairs: [string, SmallWork, SmallWork][] = [
      ['encode', work('encode', () => encodeEvent(event, nonce)), stringify],
      ['digest', work('digest', () => eventDigest(hasher, encoded)), stringify],
      ['chain', work('chain', () => nextChain(hasher, firstChain, digest)), stringify],
      ['value and sum', work('value and sum', () => packValue(hasher, digest, encoded)), stringify],
      ['check sum', work('check sum', () => unpackValue(hasher, value, log, 1).encoded), parse],
      ['decode', work('decode', () => decodeEvent(encoded), eventText), parse],
    ]
    for (const [name, a, b] of pairs) {
      results.push(compareSmall({ name: `${name}, ${sizeName(bytes)}`, a, b, bytes, tiny }))
    }
  }
  return results
}

function work<T>(name: string, call: () => T, show?: (result: T) => string): SmallWork {
  const shown = (result: T): string | Uint8Array => show?.(result) ?? (result as string | Uint8Array)
  return { name, run: call, digest: () => createHash('sha256').update(shown(call())).digest('hex') }
}

function eventText({ body, ...header }: Event): string {
  const bytes = body.kind === 'append' ? Buffer.from(body.bytes).toString('hex') : ''
  return JSON.stringify({ ...header, body: { ...body, bytes } })
}
