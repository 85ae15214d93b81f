import { Packr } from 'msgpackr'
import * as v from 'valibot'
import { HoldfastError, invariant } from '../../engine/core/errors.js'
import type { OffsetRange } from '../../engine/ports/log.js'
import type { LogEntry } from './have-set.js'
import { logFromBytes, logIdBytes, logToBytes } from './log-bytes.js'
import { closeCodes } from './messages.js'
import type { Hello, Message, MessageType } from './messages.js'
import { areNormal, intersection } from '../../engine/core/ranges.js'
import type { Ranges } from '../../engine/core/ranges.js'
import { syncLimits } from './sync-limits.js'

/**
 * Messages as msgpack tuples: `[code, …fields]`. The sum of a frame finds accidents, the schemas here refuse what a hostile
 * peer makes up. Codes and forms belong to the protocol's version; that of `hello` is frozen.
 */
const codes = {
  hello: 0,
  proof: 1,
  have: 2,
  want: 3,
  events: 4,
  ack: 5,
  served: 6,
  sizes: 7,
  'chain?': 8,
  'chain!': 9,
  forked: 10,
  ping: 11,
  pong: 12,
  close: 13,
  settled: 14,
  filter: 15,
} as const satisfies Record<MessageType, number>

const types = Object.keys(codes) as MessageType[]
const protocolName = 'holdfast'
const bases = ['all', 'memory', 'equal'] as const
const codecs = ['none', 'brotli', 'zstd'] as const
const outcomes = ['stored', 'known', 'forked', 'declined'] as const
const roles = ['initiator', 'responder'] as const

// copyBuffers: decoded bytes must not keep the chunk of the link that brought them.
const packr = new Packr({ useRecords: false, copyBuffers: true, int64AsType: 'number' })

const bytesOf = (min: number, max = min) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check(({ length }) => length >= min && length <= max),
  )
const textOf = (maxChars: number) => v.pipe(v.string(), v.maxLength(maxChars))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const indexIn = <T>(names: readonly T[]) =>
  v.pipe(
    v.number(),
    v.check((index) => names[index] !== undefined),
    v.transform((index) => names[index] as T),
  )
const log = v.pipe(
  bytesOf(logIdBytes),
  v.transform((bytes) => logFromBytes(bytes)),
)
const chainBytes = bytesOf(32)
const digest = v.pipe(
  v.instance(Uint8Array),
  v.check(({ length }) => length === 0 || length === 32),
)
const filterNames = v.pipe(
  v.array(v.pipe(textOf(syncLimits.filterNameMaxChars), v.minLength(1))),
  v.maxLength(syncLimits.filterMaxNames),
)
const names = v.pipe(v.array(textOf(32)), v.maxLength(16))

/** Pairs in one flat array: a third less than tuples. */
const ranges = v.pipe(
  v.array(count),
  v.check((pairs) => pairs.length % 2 === 0 && pairs.length <= 2 * syncLimits.logMaxRanges),
  v.transform((pairs) => unflat(pairs)),
  v.check((made) => areNormal(made)),
)

const entry = v.pipe(
  v.strictTuple([log, bytesOf(1, 128), bytesOf(1, 64), ranges, ranges, v.instance(Uint8Array)]),
  v.check(([, , , held, stubs, chains]) => {
    const apart = intersection(held, stubs).length === 0
    return apart && chains.length === 32 * (held.length + stubs.length)
  }),
  v.transform(([id, publicKey, logNonce, held, stubs, chains]): LogEntry => {
    const identity = { log: id, publicKey, logNonce }
    return { identity, held, stubs, chains: chainsAt(ends(held, stubs), chains) }
  }),
)

const helloSchema = v.looseTuple([
  v.literal(codes.hello),
  v.literal(protocolName),
  count,
  count,
  names,
  names,
  textOf(255),
  bytesOf(1, 128),
  bytesOf(32),
  indexIn(roles),
  v.boolean(),
  v.boolean(),
  v.boolean(),
  v.boolean(),
  v.pipe(count, v.minValue(1)),
])

const schemas = {
  hello: v.pipe(
    helloSchema,
    v.transform(
      // prettier-ignore
      ([, , versionMin, versionMax, features, accepts, hostName, publicKey, challenge, role, live, sends, receives,
        dryRun, windowBytes]): Hello => ({
        type: 'hello', versionMin, versionMax, features, codecs: accepts, hostName, publicKey, challenge, role, live,
        sends, receives, dryRun, windowBytes,
      }),
    ),
  ),
  proof: v.pipe(
    v.strictTuple([v.literal(codes.proof), bytesOf(64), bytesOf(32), digest, digest]),
    v.transform(
      ([, signature, have, told, heard]) => ({ type: 'proof', signature, have, told, heard }) as const,
    ),
  ),
  have: v.pipe(
    v.strictTuple([v.literal(codes.have), indexIn(bases), v.array(entry), v.array(log), v.boolean()]),
    v.transform(([, base, logs, gone, more]) => ({ type: 'have', base, logs, gone, more }) as const),
  ),
  want: v.pipe(
    v.strictTuple([
      v.literal(codes.want),
      v.array(
        v.pipe(
          v.strictTuple([log, ranges]),
          v.transform(([id, wanted]) => ({ log: id, ranges: wanted })),
        ),
      ),
      v.boolean(),
    ]),
    v.transform(([, logs, more]) => ({ type: 'want', logs, more }) as const),
  ),
  events: v.pipe(
    v.strictTuple([v.literal(codes.events), count, indexIn(codecs), count, v.instance(Uint8Array)]),
    v.transform(
      ([, seq, codec, rawBytes, body]) => ({ type: 'events', seq, codec, rawBytes, body }) as const,
    ),
  ),
  ack: v.pipe(
    v.strictTuple([v.literal(codes.ack), count, indexIn(outcomes)]),
    v.transform(([, seq, outcome]) => ({ type: 'ack', seq, outcome }) as const),
  ),
  served: plain('served'),
  sizes: v.pipe(
    v.strictTuple([
      v.literal(codes.sizes),
      v.array(
        v.pipe(
          v.strictTuple([log, count, count]),
          v.transform(([id, events, bytes]) => ({ log: id, events, bytes })),
        ),
      ),
    ]),
    v.transform(([, logs]) => ({ type: 'sizes', logs }) as const),
  ),
  'chain?': v.pipe(
    v.strictTuple([v.literal(codes['chain?']), log, count]),
    v.transform(([, id, events]) => ({ type: 'chain?', log: id, events }) as const),
  ),
  'chain!': v.pipe(
    v.strictTuple([v.literal(codes['chain!']), log, count, v.nullable(chainBytes)]),
    v.transform(([, id, events, known]) => ({ type: 'chain!', log: id, events, chain: known }) as const),
  ),
  forked: v.pipe(
    v.strictTuple([v.literal(codes.forked), log, count, textOf(1000)]),
    v.transform(([, id, offset, explained]) => ({ type: 'forked', log: id, offset, explained }) as const),
  ),
  ping: plain('ping'),
  pong: plain('pong'),
  close: v.pipe(
    v.strictTuple([v.literal(codes.close), indexIn(closeCodes), textOf(1000)]),
    v.transform(([, code, text]) => ({ type: 'close', code, text }) as const),
  ),
  settled: plain('settled'),
  filter: v.pipe(
    v.strictTuple([v.literal(codes.filter), filterNames, filterNames]),
    v.transform(([, projects, sessions]) => ({ type: 'filter', projects, sessions }) as const),
  ),
} as const satisfies Record<MessageType, v.GenericSchema<unknown, Message>>

function plain<T extends 'served' | 'settled' | 'ping' | 'pong'>(type: T) {
  return v.pipe(
    v.strictTuple([v.literal(codes[type])]),
    v.transform(() => ({ type })),
  )
}

/** The payload of a frame. Pure: equal messages have equal bytes. */
export function encodeMessage(message: Message): Uint8Array {
  return packr.pack([codes[message.type], ...fieldsOf(message)])
}

/** Checks the form of everything. Throws PROTOCOL for what is no message. */
export function decodeMessage(payload: Uint8Array): Message {
  let value: unknown
  try {
    value = packr.unpack(payload)
  } catch (cause) {
    throw new HoldfastError('PROTOCOL', 'a message can’t be unpacked', { cause })
  }
  const code: unknown = Array.isArray(value) ? value[0] : undefined
  const type = typeof code === 'number' ? types[code] : undefined
  if (type === undefined) throw new HoldfastError('PROTOCOL', 'a message of an unknown kind')
  const result = v.safeParse(schemas[type], value, { abortEarly: true })
  if (!result.success) throw new HoldfastError('PROTOCOL', `a message “${type}” is malformed`)
  return result.output
}

function fieldsOf(message: Message): unknown[] {
  switch (message.type) {
    case 'hello': {
      const { versionMin, versionMax, features, hostName, publicKey, challenge, role } = message
      const { live, sends, receives, dryRun, windowBytes } = message
      // prettier-ignore
      return [protocolName, versionMin, versionMax, features, message.codecs, hostName, publicKey, challenge,
        roles.indexOf(role), live, sends, receives, dryRun, windowBytes]
    }
    case 'proof':
      return [message.signature, message.have, message.told, message.heard]
    case 'have':
      return [
        bases.indexOf(message.base),
        message.logs.map(entryFields),
        message.gone.map(logToBytes),
        message.more,
      ]
    case 'want':
      return [message.logs.map(({ log: id, ranges: wanted }) => [logToBytes(id), flat(wanted)]), message.more]
    case 'events':
      return [message.seq, codecs.indexOf(message.codec), message.rawBytes, message.body]
    case 'ack':
      return [message.seq, outcomes.indexOf(message.outcome)]
    case 'sizes':
      return [message.logs.map(({ log: id, events, bytes }) => [logToBytes(id), events, bytes])]
    case 'chain?':
      return [logToBytes(message.log), message.events]
    case 'chain!':
      return [logToBytes(message.log), message.events, message.chain]
    case 'forked':
      return [logToBytes(message.log), message.offset, message.explained]
    case 'close':
      return [closeCodes.indexOf(message.code), message.text]
    case 'filter':
      return [message.projects, message.sessions]
    case 'served':
    case 'settled':
    case 'ping':
    case 'pong':
      return []
  }
}

function entryFields({ identity, held, stubs, chains }: LogEntry): unknown[] {
  const known = ends(held, stubs).map((events) => {
    const chain = chains.get(events)
    invariant(chain?.length === 32, `the chain of ${identity.log} after ${events} events is told`)
    return chain
  })
  const { publicKey, logNonce } = identity
  return [logToBytes(identity.log), publicKey, logNonce, flat(held), flat(stubs), Buffer.concat(known)]
}

/** Ends of ranges in order: which chain belongs to which is told by its place. */
function ends(held: Ranges, stubs: Ranges): number[] {
  return [...held, ...stubs].map(({ to }) => to).sort((a, b) => a - b)
}

function chainsAt(events: readonly number[], joined: Uint8Array): Map<number, Uint8Array> {
  return new Map(events.map((at, i) => [at, joined.slice(32 * i, 32 * i + 32)]))
}

function flat(of: Ranges): number[] {
  return of.flatMap(({ from, to }) => [from, to])
}

function unflat(pairs: readonly number[]): OffsetRange[] {
  const made: OffsetRange[] = []
  for (let i = 0; i + 1 < pairs.length; i += 2) made.push({ from: pairs[i] ?? 0, to: pairs[i + 1] ?? 0 })
  return made
}
