import { Packr } from 'msgpackr'
import * as v from 'valibot'
import type { Hasher } from '../../engine/ports/hash.js'
import { HaveSet } from './have-set.js'
import type { LogEntry } from './have-set.js'
import { logFromBytes, logIdBytes, logToBytes, sameBytes } from './log-bytes.js'
import { areNormal, intersection } from '../../engine/core/ranges.js'

/** What a host remembers of a session with one peer. */
export interface Memory {
  /** What the peer was told to be here. */
  readonly told: HaveSet
  /** What the peer told to hold. */
  readonly heard: HaveSet
}

/** `[version, told, heard, digest of both]`. This host's own, never sent. */
const version = 1

const packr = new Packr({ useRecords: false, copyBuffers: true, int64AsType: 'number' })

const bytes = v.instance(Uint8Array)
const range = v.pipe(
  v.strictTuple([v.number(), v.number()]),
  v.transform(([from, to]) => ({ from, to })),
)
const ranges = v.pipe(
  v.array(range),
  v.check((made) => areNormal(made)),
)
const entry = v.pipe(
  v.strictTuple([bytes, bytes, bytes, ranges, ranges, v.array(v.strictTuple([v.number(), bytes]))]),
  v.check(([log, , , held, stubs]) => log.length === logIdBytes && intersection(held, stubs).length === 0),
  v.transform(([log, publicKey, logNonce, held, stubs, chains]): LogEntry => {
    return { identity: { log: logFromBytes(log), publicKey, logNonce }, held, stubs, chains: new Map(chains) }
  }),
)
const schema = v.strictTuple([v.literal(version), v.array(entry), v.array(entry), bytes])

export function encodeMemory({ told, heard }: Memory, hasher: Hasher): Uint8Array {
  return packr.pack([
    version,
    told.entries.map(entryTuple),
    heard.entries.map(entryTuple),
    digestOf({ told, heard }, hasher),
  ])
}

/** undefined for what is damaged or of another version: the session then tells everything, and nothing is lost. */
export function decodeMemory(saved: Uint8Array | undefined, hasher: Hasher): Memory | undefined {
  if (!saved) return undefined
  let value: unknown
  try {
    value = packr.unpack(saved)
  } catch {
    return undefined
  }
  const result = v.safeParse(schema, value)
  if (!result.success) return undefined
  const [, told, heard, digest] = result.output
  const memory = { told: new HaveSet(told), heard: new HaveSet(heard) }
  return sameBytes(digest, digestOf(memory, hasher)) ? memory : undefined
}

function digestOf({ told, heard }: Memory, hasher: Hasher): Uint8Array {
  return hasher.sha256(told.digest(hasher), heard.digest(hasher))
}

function entryTuple({ identity, held, stubs, chains }: LogEntry): unknown[] {
  return [
    logToBytes(identity.log),
    identity.publicKey,
    identity.logNonce,
    held.map(({ from, to }) => [from, to]),
    stubs.map(({ from, to }) => [from, to]),
    [...chains].sort(([a], [b]) => a - b),
  ]
}
