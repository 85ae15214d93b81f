import { describe, expect, it } from 'vitest'
import { ConflictCensus, mayConflict } from '../../src/engine/conflicts/census.js'
import type { Runtime } from '../../src/daemon/runtime.js'
import { openConflictCount } from '../../src/daemon/operations/conflicts.js'
import { record } from '../../src/daemon/operations/record.js'
import { Streams } from '../../src/engine/streams/streams.js'
import {
  asked,
  claudeLine,
  forkedHomes,
  onlyConflict,
  projectPath,
  resolved,
  shared,
} from './conflict-world.js'
import { meet, meetIn, namedHome } from './peer-world.js'
import { keptIo } from './recorded-home.js'

/** A census over the store with what it keeps in memory, and how many streams it merged to know. */
async function counted(
  runtime: Runtime,
  kept: { text?: string },
): Promise<{ open: number; merged: string[] }> {
  const { store, hasher } = runtime
  const merged: string[] = []
  const streams = await Streams.load({ reader: store.reader, hasher, onAdded: (each) => store.onAdded(each) })
  const view = streams.view.bind(streams)
  streams.view = (key, use) => {
    merged.push(key.slice(key.lastIndexOf(':') + 1))
    return view(key, use)
  }
  const census = await ConflictCensus.load({ reader: store.reader, hasher }, streams, {
    load: () => Promise.resolve(kept.text),
    save: (text) => Promise.resolve(void (kept.text = text)),
  })
  const tallies = await census.tallies()
  streams.close()
  return { open: [...tallies.values()].reduce((sum, { open }) => sum + open, 0), merged }
}

describe('the census of conflicts', () => {
  it('merges only what several wrote, and later only what changed', async () => {
    const { mac, box } = await forkedHomes()
    for (const name of ['alone.jsonl', 'both.jsonl']) mac.write(projectPath(mac, name), shared.join(''))
    box.write(projectPath(box, 'both.jsonl'), shared.join(''))
    await mac.record()
    await box.record()
    await meet(mac, box)
    const kept: { text?: string } = {}
    const session = '11111111-1111-4111-8111-111111111111.jsonl'
    expect(await mac.with((runtime) => counted(runtime, kept))).toEqual({
      open: 1,
      merged: [session, 'both.jsonl'],
    })
    expect(await mac.with((runtime) => counted(runtime, kept))).toEqual({ open: 1, merged: [] })
    mac.append(projectPath(mac, 'both.jsonl'), claudeLine('5', '4', 'mac'))
    mac.append(projectPath(mac, 'alone.jsonl'), claudeLine('5', '4', 'mac'))
    await mac.record()
    // What was written into a file for another host may touch a stream as well; what one host alone wrote is never read.
    const grown = await mac.with((runtime) => counted(runtime, kept))
    expect(grown.open).toBe(1)
    expect(grown.merged).toContain('both.jsonl')
    expect(grown.merged).not.toContain('alone.jsonl')
    box.append(projectPath(box, 'both.jsonl'), claudeLine('6', '4', 'box'))
    await box.record()
    await meet(mac, box)
    expect((await mac.with((runtime) => counted(runtime, kept))).open).toBe(2)
    for (const wrong of [
      '',
      '{}',
      '[]',
      'null',
      '{"version":1,"logs":{},"streams":[[1]]}',
      kept.text?.slice(0, -9),
    ])
      expect((await mac.with((runtime) => counted(runtime, { text: wrong ?? '' }))).open).toBe(2)
    const { id } = await asked(mac)
      .list()
      .then(({ conflicts }) => conflicts[0] as { id: string })
    await asked(box).resolve(id, 'union')
    await meet(mac, box)
    const after = await mac.with((runtime) => counted(runtime, kept))
    expect(after.open).toBe(1)
  })

  it('follows what arrives while the process runs', async () => {
    const { mac, box } = await forkedHomes()
    const { id } = await onlyConflict(mac)
    await mac.with((a) =>
      box.with(async (b) => {
        expect(await openConflictCount(a)).toBe(1)
        await resolved(b, id, 'keep', 'box')
        await meetIn(a, b)
        expect([await openConflictCount(a), await openConflictCount(b)]).toEqual([0, 0])
        box.append(projectPath(box), claudeLine('b9', 'b1', 'later'))
        await record(b, {}, keptIo())
        await meetIn(a, b)
        expect([await openConflictCount(a), await openConflictCount(b)]).toEqual([0, 0])
      }),
    )
  })

  it('looks at one host’s file that was rewritten, and at no mirror', async () => {
    const mac = namedHome('mac')
    mac.write(projectPath(mac, 'a.jsonl'), shared.join(''))
    mac.write(projectPath(mac, 'b.jsonl'), shared.join(''))
    await mac.with(async (runtime) => {
      await record(runtime, {}, keptIo())
      mac.write(projectPath(mac, 'b.jsonl'), shared.slice(0, 1).join(''))
      await record(runtime, {}, keptIo())
    })
    const asks = await mac.with(async (runtime) => {
      const entries = [...(await (await runtime.streams()).index()).all()]
      return Promise.all(
        entries.map(async (entry) => [entry.stream.rest, await mayConflict(runtime.store.reader, entry)]),
      )
    })
    expect(asks).toEqual([
      ['a.jsonl', false],
      ['b.jsonl', true],
    ])
    expect(await asked(mac).count()).toBe(1)
  })
})
