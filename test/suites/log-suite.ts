import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Cursor } from '../../src/engine/core/cursor.js'
import type { AppendBody, EventKind, FileFacts, NewEvent } from '../../src/engine/core/event.js'
import type { CursorStore, Intent, LogReader, LogWriter } from '../../src/engine/ports/log.js'

/** A log under test. Every store has its own place; `reopen` closes the store and opens it again. */
export interface LogWorld {
  readonly reader: LogReader
  readonly cursors: CursorStore
  /** Opens the writer of a log named by one hex digit; it is new unless the store has it. */
  writer(digit: string): LogWriter
  /** Sets the wall clock that new events get. */
  setClock(nowMs: number): void
  reopen(): Promise<void>
  dispose(): Promise<void>
}

const facts: FileFacts = { root: 'claude', format: 'claude', path: 'p/a.jsonl', home: '/home/me', cwd: null }
const other: FileFacts = { ...facts, path: 'p/b.jsonl' }
const logId = (digit: string): string => digit.repeat(32)

const append = (text: string, position = 0, file = facts): { body: AppendBody } => ({
  body: { kind: 'append', file, epoch: 0, position, bytes: Buffer.from(text) },
})
const alias: NewEvent = { body: { kind: 'alias', project: 'p', path: '/p', host: null } }
const milestone: NewEvent = { body: { kind: 'milestone', name: 'm', have: {} } }

const cursor: Cursor = {
  facts: { ...facts, cwd: '/w' },
  epoch: 2,
  position: 77,
  state: 'live',
  identity: { dev: 2 ** 40, ino: 12, birthMs: 1_760_000_000_000.125 },
  size: -1,
  mtimeMs: 1_760_000_000_001.5,
  tailLength: 77,
  tailHash: '0123456789abcdef',
  checked: 50,
  changedMs: 5,
  suspect: null,
}
const intent: Intent = { kind: 'restore', key: facts, log: logId('a'), epoch: 1, events: 9, keepFrom: null }

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** What every log must do, whatever it stands on. */
export function logSuite(name: string, makeWorld: () => Promise<LogWorld>): void {
  describe(`a log on ${name}`, () => {
    let world: LogWorld
    beforeEach(async () => {
      world = await makeWorld()
    })
    afterEach(() => world.dispose())

    const text = async (piece: Parameters<LogReader['bytes']>[0]): Promise<string> =>
      Buffer.from(await world.reader.bytes(piece)).toString()

    it('gives events dense places in the order of the calls', async () => {
      const writer = world.writer('a')
      const firsts = await Promise.all([
        writer.append({ events: [append('a'), append('b', 1)] }),
        writer.append({ events: [] }),
        writer.append({ events: [append('c', 2)] }),
      ])
      expect(firsts).toEqual([0, 2, 2])
      const scanned = await all(world.reader.scan(writer.log, 0, 3))
      expect(scanned.map(({ event }) => event.offset)).toEqual([0, 1, 2])
      expect(scanned.map(({ event }) => (event.body as AppendBody).position)).toEqual([0, 1, 2])
    })

    it('shows nothing that is not durable', async () => {
      const writer = world.writer('a')
      const done = writer.append({ events: [append('abc')] })
      expect(world.reader.log(writer.log)?.events).toBe(0)
      expect(world.reader.file(writer.log, facts)).toBeUndefined()
      expect(writer.pendingBytes).toBe(3)
      await done
      expect(writer.pendingBytes).toBe(0)
      expect(world.reader.log(writer.log)).toMatchObject({ events: 1, bytes: 3, writing: true, lost: [] })
      expect(world.reader.file(writer.log, facts)?.facts).toEqual(facts)
    })

    it('makes everything before a flush durable', async () => {
      const writer = world.writer('a')
      await writer.flush()
      for (let i = 0; i < 50; i += 1) void writer.append({ events: [append('x', i)] })
      await writer.flush()
      expect(world.reader.log(writer.log)?.events).toBe(50)
    })

    it('reads back what was appended, with parents', async () => {
      const writer = world.writer('a')
      const parents = [{ log: logId('c'), offset: 4, digest: '00112233445566ff' }]
      await writer.append({ events: [append('one'), { ...append('two', 3), parents }] })
      const { event } = await world.reader.read({ log: writer.log, offset: 1 })
      expect(event).toMatchObject({ log: writer.log, offset: 1, parents })
      expect(await text({ log: writer.log, offset: 1, from: 1, length: 2 })).toBe('wo')
    })

    it('says STORE_DAMAGED for what it does not have', async () => {
      const writer = world.writer('a')
      await writer.append({ events: [append('one'), alias] })
      const damaged = expect.objectContaining({ code: 'STORE_DAMAGED' })
      const log = writer.log
      await expect(world.reader.read({ log, offset: 2 })).rejects.toThrow(damaged)
      await expect(world.reader.read({ log: logId('b'), offset: 0 })).rejects.toThrow(damaged)
      await expect(all(world.reader.scan(log, 0, 3))).rejects.toThrow(damaged)
      await expect(all(world.reader.scan(log, 5, 6))).rejects.toThrow(damaged)
      await expect(text({ log, offset: 0, from: 1, length: 3 })).rejects.toThrow(damaged)
      await expect(text({ log, offset: 1, from: 0, length: 0 })).rejects.toThrow(damaged)
      expect(await all(world.reader.scan(log, 2, 2))).toEqual([])
      expect(world.reader.log(logId('b'))).toBeUndefined()
    })

    it('keeps a file’s history apart from others’ and in order', async () => {
      const writer = world.writer('a')
      await writer.append({
        events: [append('one'), append('x', 0, other), alias, append('two', 3)],
      })
      await writer.append({
        events: [
          { body: { kind: 'reset', file: facts, epoch: 1, keep: 2 } },
          { body: { kind: 'remove', file: facts, epoch: 1 } },
        ],
      })
      const file = world.reader.file(writer.log, facts)!
      const rows = await all(world.reader.history(file))
      expect(
        rows.map(({ offset, kind, epoch, position, length }) => [offset, kind, epoch, position, length]),
      ).toEqual([
        [0, 'append', 0, 0, 3],
        [3, 'append', 0, 3, 3],
        [4, 'reset', 1, 2, 0],
        [5, 'remove', 1, 0, 0],
      ])
      expect((await all(world.reader.history(file, 4))).map(({ offset }) => offset)).toEqual([0, 3])
      expect(await all(world.reader.history(file, 0))).toEqual([])
      expect([...world.reader.files()].map((each) => each.facts.path).toSorted()).toEqual([
        facts.path,
        other.path,
      ])
    })

    it('lists events about no file by kind', async () => {
      await world.writer('b').append({ events: [alias] })
      await world.writer('a').append({ events: [append('x'), milestone, alias] })
      const found = async (kinds: EventKind[]): Promise<string[]> =>
        (await all(world.reader.hostEvents(kinds))).map(({ event }) => `${event.log[0]}${event.offset}`)
      expect(await found(['alias'])).toEqual(['a2', 'b0'])
      expect(await found(['alias', 'milestone'])).toEqual(['a1', 'a2', 'b0'])
      expect(await found(['retire'])).toEqual([])
    })

    it('keeps one file under one number when its facts change', async () => {
      const writer = world.writer('a')
      await writer.append({ events: [append('x')] })
      const before = world.reader.file(writer.log, facts)!
      const named = { ...facts, cwd: '/work' }
      // The second one in the same batch must not overtake the first.
      await Promise.all([
        writer.append({ events: [append('y', 1, named)] }),
        writer.append({ events: [append('z', 2, { ...named, home: '/root' })] }),
      ])
      const after = world.reader.file(writer.log, facts)!
      expect(after).toMatchObject({ no: before.no, facts: { cwd: '/work', home: '/root' } })
      await world.reopen()
      expect(world.reader.file(logId('a'), facts)).toEqual(after)
    })

    it('never runs its time backwards', async () => {
      const writer = world.writer('a')
      world.setClock(1_000_000)
      await writer.append({ events: [append('a'), append('b', 1)] })
      world.setClock(500)
      await writer.append({ events: [append('c', 2)] })
      await world.reopen()
      await world.writer('a').append({ events: [append('d', 3)] })
      world.setClock(1_000_002.75)
      const last = world.writer('a')
      await last.append({ events: [append('e', 4)] })
      const times = (await all(world.reader.scan(last.log, 0, 5))).map(({ event }) => event.time)
      expect(times).toEqual([
        { ms: 1_000_000, counter: 0 },
        { ms: 1_000_000, counter: 1 },
        { ms: 1_000_000, counter: 2 },
        { ms: 1_000_000, counter: 3 },
        { ms: 1_000_002, counter: 0 },
      ])
    })

    it('is the same after it was closed and opened', async () => {
      const writer = world.writer('a')
      await writer.append({ events: [append('one'), alias], cursors: [{ key: facts, cursor }] })
      const before = world.reader.log(writer.log)!
      const events = await all(world.reader.scan(writer.log, 0, 2))
      await world.reopen()
      const after = world.reader.log(logId('a'))!
      expect({ ...after, chain: hex(after.chain) }).toEqual({
        ...before,
        chain: hex(before.chain),
        writing: false,
      })
      expect(await all(world.reader.scan(logId('a'), 0, 2))).toEqual(events)
      expect(await world.writer('a').append({ events: [append('two', 3)] })).toBe(2)
    })

    it('keeps logs of one store apart', async () => {
      const a = world.writer('a')
      await a.append({ events: [append('of a')] })
      const b = world.writer('b')
      await b.append({ events: [append('of b'), append('!', 4)] })
      expect(world.reader.logs().map(({ log, events, writing }) => [log[0], events, writing])).toEqual([
        ['a', 1, false],
        ['b', 2, true],
      ])
      expect(world.reader.file(a.log, facts)!.no).not.toBe(world.reader.file(b.log, facts)!.no)
      expect(await text({ log: a.log, offset: 0, from: 0, length: 4 })).toBe('of a')
    })

    it('keeps cursors and intents, and forgets them', async () => {
      const writer = world.writer('a')
      const suspect = { reason: 'nul-run', size: 5, mtimeMs: 1.5, foundMs: 2 } as const
      const second: Cursor = { ...cursor, facts: other, state: 'gone', suspect }
      await writer.append({
        events: [],
        cursors: [
          { key: facts, cursor },
          { key: other, cursor: second },
        ],
        intents: [{ key: facts, intent }],
      })
      await world.reopen()
      expect([...(await world.cursors.loadCursors()).entries()]).toEqual([
        ['claude\0p/a.jsonl', cursor],
        ['claude\0p/b.jsonl', second],
      ])
      expect((await world.cursors.loadIntents())[0]).toMatchObject({ ...intent, key: { root: 'claude' } })
      await world.writer('a').append({
        events: [],
        cursors: [{ key: facts, cursor: null }],
        intents: [{ key: facts, intent: null }],
      })
      expect([...(await world.cursors.loadCursors()).keys()]).toEqual(['claude\0p/b.jsonl'])
      expect(await world.cursors.loadIntents()).toEqual([])
    })

    it('gives a refused event no place', async () => {
      const writer = world.writer('a')
      await writer.append({ events: [append('a')] })
      const unknown: NewEvent = { body: { kind: 'unknown', code: 77 } }
      await expect(writer.append({ events: [append('b', 0, other), unknown] })).rejects.toMatchObject({
        code: 'INTERNAL',
      })
      expect(await writer.append({ events: [append('c', 0, other)] })).toBe(1)
      expect(await all(world.reader.scan(writer.log, 0, 2))).toHaveLength(2)
      await world.reopen()
      expect(world.reader.file(logId('a'), other)?.facts).toEqual(other)
    })
  })
}
