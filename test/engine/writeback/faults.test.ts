import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { record } from '../../../src/daemon/operations/record.js'
import { replay } from '../../../src/daemon/operations/replay.js'
import type { Runtime } from '../../../src/daemon/runtime.js'
import { FileError, type WritableFiles } from '../../../src/engine/ports/files.js'
import { meetIn } from '../../daemon/peer-world.js'
import { keptIo } from '../../daemon/recorded-home.js'
import { line, session, settle, TwoHomes } from './two-homes.js'

/** Meets with the files of `b` as `change` makes them, and looks at what it settled. */
async function syncWith(
  world: TwoHomes,
  change: (files: WritableFiles) => Partial<WritableFiles>,
): Promise<void> {
  await world.a.with((x) =>
    world.b.with(async (y) => {
      Object.assign(y, { files: { ...y.files, ...change(y.files) } })
      await record(x, {}, keptIo())
      await record(y, {}, keptIo())
      await meetIn(x, y)
      await settle(y)
      await settle(x)
      await meetIn(x, y)
    }),
  )
}

async function kinds(runtime: Runtime): Promise<string[]> {
  const found: string[] = []
  for (const file of runtime.store.reader.files()) {
    if (runtime.store.reader.log(file.log)?.hostName !== 'box') continue
    for await (const { kind } of runtime.store.reader.history(file)) found.push(kind)
  }
  return found
}

async function replayed(world: TwoHomes): Promise<string> {
  const io = keptIo()
  await world.a.with((runtime) =>
    replay(runtime, { session: session.slice(0, -6), host: 'box', to: null, verify: false }, io),
  )
  return Buffer.concat(io.written).toString()
}

async function mirrored(): Promise<TwoHomes> {
  const world = new TwoHomes()
  world.write(world.a, line('1', null))
  await world.sync()
  world.append(world.a, line('2', '1') + line('3', '2'))
  return world
}

describe('a write that meets trouble', () => {
  it('takes what a full disk took of it for its own, and does the rest later', async () => {
    const world = await mirrored()
    let full = true
    await syncWith(world, (files) => ({
      append: (path, bytes) => {
        if (!full) return files.append(path, bytes)
        full = false
        files.append(path, bytes.subarray(0, 40))
        throw new FileError('ENOSPC', path)
      },
    }))
    await world.sync()
    expect(world.text(world.b)).toBe(world.text(world.a))
    expect((await world.b.with(kinds)).filter((kind) => kind !== 'written')).toEqual([])
  })

  it('keeps what somebody appends in the very moment, before its own bytes', async () => {
    const world = await mirrored()
    let quick = true
    await syncWith(world, (files) => ({
      append: (path, bytes) => {
        if (quick) appendFileSync(path, line('agent', '1'))
        quick = false
        return files.append(path, bytes)
      },
    }))
    await world.sync()
    const onB = world.text(world.b) ?? ''
    expect(onB.split('\n').sort()).toEqual((world.text(world.a) ?? '').split('\n').sort())
    for (const id of ['1', '2', '3', 'agent']) expect(onB.split(`"uuid":"${id}"`).length).toBe(2)
    expect(await replayed(world)).toBe(onB)
  })

  it('keeps what somebody writes into the old file after another took its place', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2a', '1'))
    await world.a.record()
    world.append(world.b, line('2b', '1'))
    let quick = true
    await syncWith(world, (files) => ({
      rename: (from, to) => {
        if (!quick || !to.endsWith(session)) return files.rename(from, to)
        quick = false
        const old = openSync(to, 'a')
        files.rename(from, to)
        writeSync(old, line('late', '2b'))
        closeSync(old)
      },
    }))
    await world.sync()
    await world.sync()
    const onA = world.text(world.a) ?? ''
    for (const id of ['1', '2a', '2b', 'late']) expect(onA).toContain(`"uuid":"${id}"`)
    expect(world.text(world.b)).toBe(onA)
    expect(await replayed(world)).toBe(world.text(world.b))
  })
})
