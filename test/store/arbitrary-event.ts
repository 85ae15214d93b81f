import fc from 'fast-check'
import type { Event, EventBody, FileFacts, Piece } from '../../src/engine/core/event.js'

const count = fc.nat({ max: 2 ** 40 })
const id = hexOf(16)
const text = fc.string({ unit: 'binary', maxLength: 12 })
const bytes = fc.uint8Array({ maxLength: 40 })
const facts: fc.Arbitrary<FileFacts> = fc.record({
  root: text,
  format: text,
  path: text,
  home: text,
  cwd: fc.option(text),
})
const ref = fc.record({ log: id, offset: count, digest: hexOf(8) })
const refs = fc.array(ref, { maxLength: 3 })
const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ newlines: count }),
  fc.record({ log: id, offset: count, from: count, length: count }),
)
const pieces = fc.array(piece, { maxLength: 3 })
const about = { file: facts, epoch: count }

function hexOf(length: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((value) => Buffer.from(value).toString('hex'))
}

function kind<K extends EventBody['kind']>(name: K): fc.Arbitrary<K> {
  return fc.constant(name)
}

const sessionKinds = fc.constantFrom('session-start' as const, 'session-end' as const, 'crash' as const)

/** A body of every kind that this version writes. */
export const arbitraryBody: fc.Arbitrary<EventBody> = fc.oneof(
  fc.record({
    kind: kind('open'),
    hostName: text,
    publicKey: bytes,
    logNonce: bytes,
    platform: text,
    home: text,
    continues: fc.array(fc.record({ log: id, events: count, reason: text }), { maxLength: 2 }),
  }),
  fc.record({ kind: kind('append'), ...about, position: count, bytes }),
  fc.record({ kind: kind('reset'), ...about, keep: count }),
  fc.record({
    kind: kind('written'),
    ...about,
    keep: count,
    pieces,
    heads: refs,
    length: count,
    digest: hexOf(32),
  }),
  fc.record({
    kind: kind('base'),
    ...about,
    source: fc.record({ log: id, root: text, path: text, epoch: count }),
    length: count,
    digest: hexOf(32),
  }),
  fc.record({ kind: kind('remove'), ...about }),
  fc.record({ kind: kind('move'), ...about, to: fc.record({ root: text, path: text }) }),
  fc.record({ kind: kind('file'), ...about, bytes }),
  fc.record({ kind: kind('resolve'), stream: text, heads: refs, pieces, choice: text }),
  fc.record({ kind: kind('alias'), project: text, path: fc.option(text), host: fc.option(id) }),
  fc.record({ kind: kind('milestone'), name: text, have: fc.dictionary(id, count, { maxKeys: 3 }) }),
  fc.record({ kind: sessionKinds, agent: text, pid: count, file: fc.option(facts), note: text }),
  fc.record({ kind: kind('retire'), host: id }),
)

export const arbitraryEvent: fc.Arbitrary<Event> = fc.record({
  log: id,
  offset: count,
  time: fc.record({ ms: count, counter: fc.nat({ max: 1000 }) }),
  parents: refs,
  body: arbitraryBody,
})
