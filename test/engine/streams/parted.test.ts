import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { EventRef } from '../../../src/engine/core/event.js'
import { FileDigest } from '../../../src/engine/replay/file-digest.js'
import { cutGaps, joinGaps, withoutGaps } from '../../../src/engine/streams/gaps.js'
import { partedByBases } from '../../../src/engine/streams/parted-logs.js'
import { StreamIndex } from '../../../src/engine/streams/stream-index.js'
import { StreamViews } from '../../../src/engine/streams/stream-views.js'
import { file, realIdentity, ReplicaHost } from '../../store/replica-world.js'

function line(id: string): string {
  return `${JSON.stringify({ type: 'user', uuid: id, parentUuid: null, message: { content: id } })}\n`
}

/** Brings all that a host holds of a log to another one. */
async function bring(from: ReplicaHost, log: string, to: ReplicaHost): Promise<void> {
  const events = from.store.reader.log(log)?.events ?? 0
  for await (const run of from.replica.read(log, { from: 0, to: events })) await to.replica.store(run)
}

async function refTo({ store }: ReplicaHost, log: string, offset: number): Promise<EventRef> {
  const { encoded } = await store.reader.read({ log, offset })
  return { log, offset, digest: createHash('sha256').update(encoded).digest('hex').slice(0, 16) }
}

function uuidOf(text: string): string {
  return (JSON.parse(text) as { uuid: string }).uuid
}

/** What a host shows of the one session that it knows, in its view or in a branch. */
async function shown({ store, tools }: ReplicaHost): Promise<{ lines: string[]; waiting: number }> {
  const index = await StreamIndex.load(store.reader)
  const [entry] = [...index.all()]
  if (!entry) throw new Error('nothing is known')
  const view = await new StreamViews({ reader: store.reader, hasher: tools.hasher }).open(entry)
  const branches = view.conflicts().flatMap((conflict) => conflict.branches)
  const texts = [view.view().text, ...branches.map(({ head }) => view.branchText(head))]
  const read = texts.map((text) => (text ? Buffer.from(view.read(text.slice())).toString() : ''))
  const lines = new Set(read.flatMap((text) => text.split('\n').filter((each) => each !== '')))
  return { lines: [...lines].map((each) => uuidOf(each)).toSorted(), waiting: view.waiting().length }
}

describe('a log that two writers continued', () => {
  /** `there` holds the continuation of `right`, and wrote on top of it; `here` holds that of `left`. */
  async function world(): Promise<{ here: ReplicaHost; there: ReplicaHost; right: ReplicaHost }> {
    const identity = realIdentity()
    const [left, right] = [await ReplicaHost.create({ identity }), await ReplicaHost.create({ identity })]
    expect(left.log).toBe(right.log)
    const [here, there] = [await ReplicaHost.create(), await ReplicaHost.create()]
    await left.record(line('lefty'))
    await right.record(line('right'))
    await bring(left, left.log, here)
    await bring(right, right.log, there)
    return { here, there, right }
  }

  it('hides no record that was written on top of the continuation that is not here', async () => {
    const { here, there, right } = await world()
    const head = await refTo(right, right.log, 1)
    const mirrored = Buffer.from(line('right'))
    const { length } = mirrored
    const pieces = [{ log: right.log, offset: 1, from: 0, length }]
    const digest = new FileDigest(there.tools.hasher).update(mirrored).hex()
    await there.append([
      { body: { kind: 'written', file, epoch: 0, keep: 0, pieces, heads: [head], length, digest } },
      {
        body: { kind: 'append', file, epoch: 0, position: length, bytes: Buffer.from(line('there')) },
        parents: [head],
      },
    ])
    await bring(there, there.log, here)
    expect(await shown(there)).toEqual({ lines: ['right', 'there'], waiting: 0 })
    expect(await shown(here)).toEqual({ lines: ['lefty', 'there'], waiting: 0 })
  })

  it('takes nothing for the bytes that a base names but what has their digest', async () => {
    const { here, there, right } = await world()
    const length = Buffer.byteLength(line('right'))
    const digest = new FileDigest(there.tools.hasher).update(Buffer.from(line('right'))).hex()
    const source = { log: right.log, root: file.root, path: file.path, epoch: 0 }
    await there.append([
      { body: { kind: 'base', file, epoch: 0, source, length, digest } },
      { body: { kind: 'append', file, epoch: 0, position: length, bytes: Buffer.from(line('there')) } },
    ])
    await bring(there, there.log, here)
    const base = { log: there.log, offset: 1 }
    const found = [there, here].map(({ store, tools }) =>
      partedByBases({ reader: store.reader, hasher: tools.hasher }, new Map([['base', base]])),
    )
    expect((await Promise.all(found)).map((logs) => [...logs])).toEqual([[], [right.log]])
    expect(await shown(there)).toEqual({ lines: ['right', 'there'], waiting: 0 })
    expect(await shown(here)).toEqual({ lines: ['lefty', 'there'], waiting: 0 })
  })

  it('still waits for what may come', async () => {
    const { here, there } = await world()
    const other = await ReplicaHost.create()
    await other.record(line('other'))
    await there.append([
      {
        body: { kind: 'append', file, epoch: 0, position: 0, bytes: Buffer.from(line('there')) },
        parents: [await refTo(other, other.log, 1)],
      },
    ])
    await bring(there, there.log, here)
    expect(await shown(here)).toEqual({ lines: ['lefty'], waiting: 1 })
    await bring(other, other.log, here)
    expect((await shown(here)).waiting).toBe(0)
  })
})

describe('gaps of a text', () => {
  it('move what stands behind them, and nothing before', () => {
    const gaps = [
      { from: 10, length: 5 },
      { from: 20, length: 1 },
    ]
    expect([0, 10, 12, 15, 20, 21, 30].map((at) => withoutGaps(gaps, at))).toEqual([
      0, 10, 10, 10, 15, 15, 24,
    ])
  })

  it('are cut with the text and joined where they touch', () => {
    expect(cutGaps([{ from: 10, length: 5 }], 12)).toEqual([{ from: 10, length: 2 }])
    expect(cutGaps([{ from: 10, length: 5 }], 10)).toEqual([])
    expect(
      joinGaps(
        [{ from: 1, length: 2 }],
        [
          { from: 3, length: 4 },
          { from: 9, length: 0 },
        ],
      ),
    ).toEqual([{ from: 1, length: 6 }])
  })
})
