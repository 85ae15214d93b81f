import { Packr } from 'msgpackr'
import * as v from 'valibot'

import type { Cursor, WrittenState } from '../engine/core/cursor.js'
import { HoldfastError } from '../engine/core/errors.js'
import type { EventRef, FileFacts, HostId, HybridTime, LogId, Piece } from '../engine/core/event.js'
import type { HistoryStep } from '../engine/core/replay-plan.js'
import type { HistoryRow, Intent, OffsetRange } from '../engine/ports/log.js'
import { logIdFromBytes, logIdToBytes } from './keys.js'

/** Encodings of the rows beside the events: tuples, checked on reading. They are this store's own, never sent. */

const packr = new Packr({ useRecords: false, copyBuffers: true, int64AsType: 'number' })

const historyKinds = [
  'append',
  'reset',
  'written',
  'base',
  'remove',
  'move',
  'file',
] as const satisfies HistoryStep['kind'][]

/** A log as its row keeps it; the head's chain ties the row to the last event. */
export interface LogRow {
  readonly host: HostId
  readonly hostName: string
  readonly publicKey: Uint8Array
  readonly events: number
  readonly bytes: number
  readonly chain: Uint8Array
  readonly last: HybridTime
  readonly lost: readonly OffsetRange[]
}

export interface FileRow {
  readonly log: LogId
  readonly facts: FileFacts
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const bytes = v.instance(Uint8Array)
const facts = v.tuple([v.string(), v.string(), v.string(), v.string(), v.nullable(v.string())])

const logRow = v.tuple([
  bytes,
  v.string(),
  bytes,
  count,
  count,
  bytes,
  v.tuple([count, count]),
  v.array(v.tuple([count, count])),
])
const fileRow = v.tuple([bytes, facts])
const historyRow = v.tuple([v.picklist([0, 1, 2, 3, 4, 5, 6]), count, count, count, count, count])
const cursorRow = v.tuple([
  facts,
  count,
  count,
  v.picklist(['live', 'gone', 'moved']),
  v.tuple([v.number(), v.number(), v.number()]),
  v.number(),
  v.number(),
  count,
  v.string(),
  count,
  v.number(),
  v.nullable(v.tuple([v.picklist(['missing', 'shortened', 'nul-run']), v.number(), v.number(), v.number()])),
])
const ref = v.tuple([bytes, count, v.string()])
const piece = v.union([count, v.tuple([bytes, count, count, count])])
const writtenRow = v.tuple([
  v.nullable(v.tuple([count, v.array(piece)])),
  v.array(v.tuple([count, count, v.array(ref)])),
  v.number(),
])
/** What came later: rows of an older store end before it. */
const cursorMore = v.tuple([v.nullable(writtenRow), v.nullable(v.string())])
const cursorFields = cursorRow.items.length
const restoreRow = v.tuple([v.string(), v.string(), bytes, count, count, v.nullable(count)])
const writeRow = v.tuple([v.string(), v.string(), count, count, v.array(piece), v.array(ref), count])

export function encodeLogRow(row: LogRow): Uint8Array {
  return packr.pack([
    logIdToBytes(row.host),
    row.hostName,
    row.publicKey,
    row.events,
    row.bytes,
    row.chain,
    [row.last.ms, row.last.counter],
    row.lost.map(({ from, to }) => [from, to]),
  ])
}

export function decodeLogRow(encoded: Uint8Array): LogRow {
  const [host, hostName, publicKey, events, size, chain, [ms, counter], lost] = parse('log', logRow, encoded)
  return {
    host: logIdFromBytes(host),
    hostName,
    publicKey,
    events,
    bytes: size,
    chain,
    last: { ms, counter },
    lost: lost.map(([from, to]) => ({ from, to })),
  }
}

export function encodeFileRow(row: FileRow): Uint8Array {
  return packr.pack([logIdToBytes(row.log), factsToTuple(row.facts)])
}

export function decodeFileRow(encoded: Uint8Array): FileRow {
  const [log, tuple] = parse('file', fileRow, encoded)
  return { log: logIdFromBytes(log), facts: factsFromTuple(tuple) }
}

export function encodeHistoryRow(step: Omit<HistoryRow, 'log' | 'offset'>): Uint8Array {
  const { kind, epoch, position, length, time } = step
  return packr.pack([historyKinds.indexOf(kind), epoch, position, length, time.ms, time.counter])
}

export function decodeHistoryRow(encoded: Uint8Array, log: LogId, offset: number): HistoryRow {
  const [code, epoch, position, length, ms, counter] = parse('history', historyRow, encoded)
  return { log, offset, kind: historyKinds[code] ?? 'append', epoch, position, length, time: { ms, counter } }
}

export function encodeCursor(cursor: Cursor): Uint8Array {
  const { identity: id, suspect: s } = cursor
  return packr.pack([
    factsToTuple(cursor.facts),
    cursor.epoch,
    cursor.position,
    cursor.state,
    [id.dev, id.ino, id.birthMs],
    cursor.size,
    cursor.mtimeMs,
    cursor.tailLength,
    cursor.tailHash,
    cursor.checked,
    cursor.changedMs,
    s && [s.reason, s.size, s.mtimeMs, s.foundMs],
    writtenToTuple(cursor.written ?? null),
    cursor.mergedUpTo ?? null,
  ])
}

export function decodeCursor(encoded: Uint8Array): Cursor {
  const fields = parse('cursor', v.array(v.unknown()), encoded)
  const row = check('cursor', cursorRow, fields.slice(0, cursorFields))
  const more = fields.slice(cursorFields)
  const [written, mergedUpTo] = more.length === 0 ? [null, null] : check('cursor', cursorMore, more)
  const [file, epoch, position, state, [dev, ino, birthMs], size, mtimeMs, tailLength, tailHash] = row
  const [checked, changedMs, s] = row.slice(9) as [number, number, (typeof row)[11]]
  return {
    facts: factsFromTuple(file),
    epoch,
    position,
    state,
    identity: { dev, ino, birthMs },
    size,
    mtimeMs,
    tailLength,
    tailHash,
    checked,
    changedMs,
    suspect: s && { reason: s[0], size: s[1], mtimeMs: s[2], foundMs: s[3] },
    ...(written ? { written: writtenFromTuple(written) } : {}),
    ...(mergedUpTo === null ? {} : { mergedUpTo }),
  }
}

export function encodeIntent(intent: Intent): Uint8Array {
  const { root, path } = intent.key
  if (intent.kind === 'write') {
    const { epoch, keep, pieces, heads, length } = intent
    return packr.pack([root, path, epoch, keep, pieces.map(pieceToTuple), heads.map(refToTuple), length])
  }
  const { log, epoch, events, keepFrom } = intent
  return packr.pack([root, path, logIdToBytes(log), epoch, events, keepFrom])
}

export function decodeIntent(encoded: Uint8Array): Intent {
  const row = parse('intent', v.union([writeRow, restoreRow]), encoded)
  if (row.length === 7) {
    const [root, path, epoch, keep, pieces, heads, length] = row
    const key = { root, path }
    const [refs, all] = [heads.map(refFromTuple), pieces.map(pieceFromTuple)]
    return { kind: 'write', key, epoch, keep, pieces: all, heads: refs, length }
  }
  const [root, path, log, epoch, events, keepFrom] = row
  return { kind: 'restore', key: { root, path }, log: logIdFromBytes(log), epoch, events, keepFrom }
}

function writtenToTuple(written: WrittenState | null): unknown {
  if (!written) return null
  const { unlogged, marks, mtimeMs } = written
  return [
    unlogged && [unlogged.keep, unlogged.pieces.map(pieceToTuple)],
    marks.map(({ from, to, heads }) => [from, to, heads.map(refToTuple)]),
    mtimeMs,
  ]
}

function writtenFromTuple([unlogged, marks, mtimeMs]: v.InferOutput<typeof writtenRow>): WrittenState {
  return {
    unlogged: unlogged && { keep: unlogged[0], pieces: unlogged[1].map(pieceFromTuple) },
    marks: marks.map(([from, to, heads]) => ({ from, to, heads: heads.map(refFromTuple) })),
    mtimeMs,
  }
}

function pieceToTuple(each: Piece): unknown {
  if ('newlines' in each) return each.newlines
  return [logIdToBytes(each.log), each.offset, each.from, each.length]
}

function pieceFromTuple(row: v.InferOutput<typeof piece>): Piece {
  if (typeof row === 'number') return { newlines: row }
  const [log, offset, from, length] = row
  return { log: logIdFromBytes(log), offset, from, length }
}

function refToTuple({ log, offset, digest }: EventRef): unknown {
  return [logIdToBytes(log), offset, digest]
}

function refFromTuple([log, offset, digest]: v.InferOutput<typeof ref>): EventRef {
  return { log: logIdFromBytes(log), offset, digest }
}

function factsToTuple(f: FileFacts): unknown[] {
  return [f.root, f.format, f.path, f.home, f.cwd]
}

function factsFromTuple([root, format, path, home, cwd]: v.InferOutput<typeof facts>): FileFacts {
  return { root, format, path, home, cwd }
}

function parse<S extends v.GenericSchema>(what: string, schema: S, encoded: Uint8Array): v.InferOutput<S> {
  let unpacked: unknown
  try {
    unpacked = packr.unpack(encoded)
  } catch (error) {
    throw new HoldfastError('STORE_DAMAGED', `a ${what} row of the store can't be read`, { cause: error })
  }
  return check(what, schema, unpacked)
}

function check<S extends v.GenericSchema>(what: string, schema: S, value: unknown): v.InferOutput<S> {
  try {
    return v.parse(schema, value)
  } catch (error) {
    throw new HoldfastError('STORE_DAMAGED', `a ${what} row of the store can't be read`, { cause: error })
  }
}
