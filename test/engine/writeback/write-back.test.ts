import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { keptIo } from '../../daemon/recorded-home.js'
import { replay } from '../../../src/daemon/operations/replay.js'
import { line, session, TwoHomes } from './two-homes.js'

describe('write-back', () => {
  it('gives the other host a session that one host has, and then what was added to it', async () => {
    const world = new TwoHomes()
    const first = line('1', null) + line('2', '1')
    world.write(world.a, first)
    await world.sync()
    expect(world.text(world.b)).toBe(first)
    world.append(world.a, line('3', '2'))
    await world.sync()
    expect(world.text(world.b)).toBe(first + line('3', '2'))
  })

  it('is quiet when there is nothing to do, and never records what it wrote itself', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    await world.sync()
    const { a, b, events } = await world.sync()
    expect([a.written, b.written, events]).toEqual([[], [], 0])
    const kinds = await world.b.with(async (runtime) => {
      const found: string[] = []
      for (const file of runtime.store.reader.files()) {
        if (runtime.store.reader.log(file.log)?.hostName !== 'box') continue
        for await (const { kind } of runtime.store.reader.history(file)) found.push(kind)
      }
      return found
    })
    expect(kinds).toEqual(['written'])
  })

  it('takes a session there and back', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.b, line('2', '1'))
    await world.sync()
    expect(world.text(world.a)).toBe(line('1', null) + line('2', '1'))
    world.append(world.a, line('3', '2'))
    await world.sync()
    const all = line('1', null) + line('2', '1') + line('3', '2')
    expect([world.text(world.a), world.text(world.b)]).toEqual([all, all])
    const open = await world.b.with(async (runtime) => {
      const streams = await runtime.streams()
      const [entry] = [...(await streams.index()).all()]
      return streams.view(entry?.stream.key ?? '', (view) => view.conflicts())
    })
    expect(open).toEqual([])
  })

  it('gives both hosts the union where both went on apart', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2a', '1'))
    world.append(world.b, line('2b', '1'))
    await world.sync()
    const [onA, onB] = [world.text(world.a), world.text(world.b)]
    expect(onA).toBe(onB)
    for (const each of [line('1', null), line('2a', '1'), line('2b', '1')]) expect(onA).toContain(each)
    expect(onA?.length).toBe(line('1', null).length + 2 * line('2a', '1').length)
  })

  it('replays each host’s own file, byte for byte, at the other', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2a', '1'))
    world.append(world.b, line('2b', '1'))
    await world.sync()
    for (const [holder, host, home] of [
      [world.a, 'box', world.b],
      [world.b, 'mac', world.a],
    ] as const) {
      const io = keptIo()
      await holder.with((runtime) =>
        replay(runtime, { session: session.slice(0, -6), host, to: null, verify: false }, io),
      )
      expect(Buffer.concat(io.written).toString()).toBe(world.text(home))
    }
  })
})

describe('what stands beside a session', () => {
  it('goes where its session goes, though it names no directory itself', async () => {
    const world = new TwoHomes()
    const id = session.slice(0, -'.jsonl'.length)
    // A neighbour of the home: the folder's name alone would be taken for a folder below it.
    const cwd = `${world.a.user}-too/x`
    const folder = cwd.replace(/[^a-zA-Z0-9]/g, '-')
    const record = JSON.stringify({
      type: 'user',
      uuid: '1',
      parentUuid: null,
      cwd,
      message: { content: 'x' },
    })
    world.a.write(`${folder}/${id}/tool-results/out.txt`, 'output\n')
    world.a.write(`${folder}/${session}`, `${record}\n`)
    const { b } = await world.sync()
    expect(b.held).toEqual([])
    const there = readdirSync(world.b.path('')).filter((name) => !name.startsWith('.'))
    expect(there.length).toBe(1)
    expect(readdirSync(world.b.path(there[0] ?? '')).sort()).toEqual([id, session])
  })
})
