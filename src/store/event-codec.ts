import { Packr } from 'msgpackr'
import * as v from 'valibot'

import type {
  Event,
  EventBody,
  EventRef,
  FileEventBody,
  FileFacts,
  HybridTime,
  Piece,
} from '../engine/core/event.js'
import { HoldfastError, invariant } from '../engine/core/errors.js'
import { logIdFromBytes, logIdToBytes } from './keys.js'

/**
 * The encoding of an event, version 1. Frozen: what is written once is read for ever (test/fixtures holds bytes of
 * it), and digests and chains are over these very bytes. A later version gets a new number and its own decoder.
 *
 *   [version, kind, log(16), offset, ms, counter, nonce(16), parents, file | nil, …body]
 *
 * Tuples instead of maps: half the time and two thirds of the bytes.
 */
export const eventVersion = 1

const nonceBytes = 16
/** What the packer takes at a time by itself. */
const packMemoryBytes = 8192

// copyBuffers: decoded bytes must not be views of a buffer that LevelDB or a frame still owns.
const packr = new Packr({
  useRecords: false,
  copyBuffers: true,
  int64AsType: 'number',
  variableMapSize: true,
})

const kindCodes = {
  open: 0,
  append: 1,
  reset: 2,
  written: 3,
  base: 4,
  remove: 5,
  move: 6,
  file: 7,
  resolve: 8,
  alias: 9,
  milestone: 10,
  'session-start': 11,
  'session-end': 12,
  crash: 13,
  retire: 14,
} as const satisfies Record<Exclude<EventBody['kind'], 'unknown'>, number>

type FileTuple = [root: string, format: string, path: string, home: string, cwd: string | null]

/**
 * Encodes an event. `nonce` is 16 random bytes: they keep a digest from telling what a withheld event holds.
 *
 * @param room memory for the result; where it is too small, the result lies elsewhere
 */
export function encodeEvent(event: Event, nonce: Uint8Array, room?: Buffer): Uint8Array {
  invariant(nonce.length === nonceBytes, 'event nonce length')
  invariant(event.body.kind !== 'unknown', 'an event of an unknown kind is passed on, never encoded')
  const tuple = [
    eventVersion,
    kindCodes[event.body.kind],
    logIdToBytes(event.log),
    event.offset,
    event.time.ms,
    event.time.counter,
    nonce,
    event.parents.map(refToTuple),
    'epoch' in event.body ? fileToTuple(event.body.file) : null,
    ...bodyToTuple(event.body),
  ]
  if (!room) return packr.pack(tuple)
  packr.useBuffer(room)
  try {
    return packr.pack(tuple)
  } finally {
    // The packer would put what it packs next behind this one.
    packr.useBuffer(Buffer.allocUnsafeSlow(packMemoryBytes))
  }
}

/**
 * Decodes an event and checks its shape. A kind or version that this Holdfast doesn't know decodes as `unknown`.
 * @throws HoldfastError STORE_DAMAGED for bytes that are no event
 */
export function decodeEvent(encoded: Uint8Array): Event {
  try {
    const tuple: unknown = packr.unpack(encoded)
    const [version, code, log, offset, ms, counter, , parents, file, ...rest] = v.parse(header, tuple)
    const time: HybridTime = { ms, counter }
    const refs = parents.map((ref) => refFromTuple(ref))
    const known = version === eventVersion ? decoders[code] : undefined
    const body: EventBody = known
      ? known(file === null ? null : fileFromTuple(file), rest)
      : { kind: 'unknown', code }
    return { log: logIdFromBytes(log), offset, time, parents: refs, body }
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw new HoldfastError('STORE_DAMAGED', 'these bytes are no event', { cause: error })
  }
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const bytes = v.instance(Uint8Array)
const idBytes = v.pipe(bytes, v.length(16))
const ref = v.tuple([idBytes, count, v.pipe(bytes, v.length(8))])
const fileTuple = v.tuple([v.string(), v.string(), v.string(), v.string(), v.nullable(v.string())])
const piece = v.union([v.tuple([idBytes, count, count, count]), v.tuple([count])])
const digest = v.pipe(bytes, v.length(32))

const header = v.tupleWithRest(
  [
    count,
    count,
    idBytes,
    count,
    count,
    count,
    v.pipe(bytes, v.length(nonceBytes)),
    v.array(ref),
    v.nullable(fileTuple),
  ],
  v.unknown(),
)

const open = v.tuple([
  v.string(),
  bytes,
  bytes,
  v.string(),
  v.string(),
  v.array(v.tuple([idBytes, count, v.string()])),
])
const append = v.tuple([count, count, bytes])
const reset = v.tuple([count, count])
const written = v.tuple([count, count, v.array(piece), v.array(ref), count, digest])
const base = v.tuple([count, v.tuple([idBytes, v.string(), v.string(), count]), count, digest])
const remove = v.tuple([count])
const move = v.tuple([count, v.tuple([v.string(), v.string()])])
const wholeFile = v.tuple([count, bytes])
const resolve = v.tuple([v.string(), v.array(ref), v.array(piece), v.string()])
const alias = v.tuple([v.string(), v.nullable(v.string()), v.nullable(idBytes)])
const milestone = v.tuple([v.string(), v.array(v.tuple([idBytes, count]))])
const session = v.tuple([v.string(), count, v.nullable(fileTuple), v.string()])
const retire = v.tuple([idBytes])

type Decoder = (file: FileFacts | null, rest: readonly unknown[]) => EventBody

const needFile = (file: FileFacts | null): FileFacts => {
  if (!file) throw new HoldfastError('STORE_DAMAGED', 'an event about a file names none')
  return file
}

const sessionDecoder =
  (kind: 'session-start' | 'session-end' | 'crash'): Decoder =>
  (_file, rest) => {
    const [agent, pid, about, note] = v.parse(session, rest)
    return { kind, agent, pid, file: about === null ? null : fileFromTuple(about), note }
  }

const decoders: Readonly<Record<number, Decoder>> = {
  [kindCodes.open]: (_file, rest) => {
    const [hostName, publicKey, logNonce, platform, home, continues] = v.parse(open, rest)
    return {
      kind: 'open',
      hostName,
      publicKey,
      logNonce,
      platform,
      home,
      continues: continues.map(([log, events, reason]) => ({ log: logIdFromBytes(log), events, reason })),
    }
  },
  [kindCodes.append]: (file, rest) => {
    const [epoch, position, payload] = v.parse(append, rest)
    return { kind: 'append', file: needFile(file), epoch, position, bytes: payload }
  },
  [kindCodes.reset]: (file, rest) => {
    const [epoch, keep] = v.parse(reset, rest)
    return { kind: 'reset', file: needFile(file), epoch, keep }
  },
  [kindCodes.written]: (file, rest) => {
    const [epoch, keep, pieces, heads, length, sum] = v.parse(written, rest)
    return {
      kind: 'written',
      file: needFile(file),
      epoch,
      keep,
      pieces: pieces.map(pieceFromTuple),
      heads: heads.map(refFromTuple),
      length,
      digest: hex(sum),
    }
  },
  [kindCodes.base]: (file, rest) => {
    const [epoch, [log, root, path, sourceEpoch], length, sum] = v.parse(base, rest)
    const source = { log: logIdFromBytes(log), root, path, epoch: sourceEpoch }
    return { kind: 'base', file: needFile(file), epoch, source, length, digest: hex(sum) }
  },
  [kindCodes.remove]: (file, rest) => {
    const [epoch] = v.parse(remove, rest)
    return { kind: 'remove', file: needFile(file), epoch }
  },
  [kindCodes.move]: (file, rest) => {
    const [epoch, [root, path]] = v.parse(move, rest)
    return { kind: 'move', file: needFile(file), epoch, to: { root, path } }
  },
  [kindCodes.file]: (file, rest) => {
    const [epoch, payload] = v.parse(wholeFile, rest)
    return { kind: 'file', file: needFile(file), epoch, bytes: payload }
  },
  [kindCodes.resolve]: (_file, rest) => {
    const [stream, heads, pieces, choice] = v.parse(resolve, rest)
    return {
      kind: 'resolve',
      stream,
      heads: heads.map(refFromTuple),
      pieces: pieces.map(pieceFromTuple),
      choice,
    }
  },
  [kindCodes.alias]: (_file, rest) => {
    const [project, path, host] = v.parse(alias, rest)
    return { kind: 'alias', project, path, host: host === null ? null : logIdFromBytes(host) }
  },
  [kindCodes.milestone]: (_file, rest) => {
    const [name, have] = v.parse(milestone, rest)
    return {
      kind: 'milestone',
      name,
      have: Object.fromEntries(have.map(([log, events]) => [logIdFromBytes(log), events])),
    }
  },
  [kindCodes['session-start']]: sessionDecoder('session-start'),
  [kindCodes['session-end']]: sessionDecoder('session-end'),
  [kindCodes.crash]: sessionDecoder('crash'),
  [kindCodes.retire]: (_file, rest) => {
    const [host] = v.parse(retire, rest)
    return { kind: 'retire', host: logIdFromBytes(host) }
  },
}

function bodyToTuple(body: Exclude<EventBody, { kind: 'unknown' }>): unknown[] {
  switch (body.kind) {
    case 'open':
      return [
        body.hostName,
        body.publicKey,
        body.logNonce,
        body.platform,
        body.home,
        body.continues.map((c) => [logIdToBytes(c.log), c.events, c.reason]),
      ]
    case 'resolve':
      return [body.stream, body.heads.map(refToTuple), body.pieces.map(pieceToTuple), body.choice]
    case 'alias':
      return [body.project, body.path, body.host === null ? null : logIdToBytes(body.host)]
    case 'milestone':
      return [
        body.name,
        Object.entries(body.have)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([log, events]) => [logIdToBytes(log), events]),
      ]
    case 'session-start':
    case 'session-end':
    case 'crash':
      return [body.agent, body.pid, body.file && fileToTuple(body.file), body.note]
    case 'retire':
      return [logIdToBytes(body.host)]
    default:
      return fileBodyToTuple(body)
  }
}

function fileBodyToTuple(body: FileEventBody): unknown[] {
  switch (body.kind) {
    case 'append':
      return [body.epoch, body.position, body.bytes]
    case 'reset':
      return [body.epoch, body.keep]
    case 'written':
      return [
        body.epoch,
        body.keep,
        body.pieces.map(pieceToTuple),
        body.heads.map(refToTuple),
        body.length,
        Buffer.from(body.digest, 'hex'),
      ]
    case 'base': {
      const { log, root, path, epoch } = body.source
      return [
        body.epoch,
        [logIdToBytes(log), root, path, epoch],
        body.length,
        Buffer.from(body.digest, 'hex'),
      ]
    }
    case 'remove':
      return [body.epoch]
    case 'move':
      return [body.epoch, [body.to.root, body.to.path]]
    case 'file':
      return [body.epoch, body.bytes]
  }
}

function fileToTuple(file: FileFacts): FileTuple {
  return [file.root, file.format, file.path, file.home, file.cwd]
}

function fileFromTuple([root, format, path, home, cwd]: v.InferOutput<typeof fileTuple>): FileFacts {
  return { root, format, path, home, cwd }
}

function refToTuple(r: EventRef): unknown[] {
  return [logIdToBytes(r.log), r.offset, Buffer.from(r.digest, 'hex')]
}

function refFromTuple([log, offset, sum]: v.InferOutput<typeof ref>): EventRef {
  return { log: logIdFromBytes(log), offset, digest: hex(sum) }
}

function pieceToTuple(p: Piece): unknown[] {
  return 'newlines' in p ? [p.newlines] : [logIdToBytes(p.log), p.offset, p.from, p.length]
}

function pieceFromTuple(p: v.InferOutput<typeof piece>): Piece {
  if (p.length === 1) return { newlines: p[0] }
  const [log, offset, from, length] = p
  return { log: logIdFromBytes(log), offset, from, length }
}

function hex(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
}
