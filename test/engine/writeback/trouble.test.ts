import { appendFileSync, existsSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { record } from '../../../src/daemon/operations/record.js'
import type { Runtime } from '../../../src/daemon/runtime.js'
import { HoldfastError } from '../../../src/engine/core/errors.js'
import { FileError } from '../../../src/engine/ports/files.js'
import { meetIn } from '../../daemon/peer-world.js'
import { keptIo } from '../../daemon/recorded-home.js'
import { line, session, sessionPath, settle, TwoHomes } from './two-homes.js'

/** Meets without anything being written back at `y`. */
async function meetOnly(x: Runtime, y: Runtime): Promise<void> {
  const { writeBack } = y
  y.writeBack = null
  await meetIn(x, y)
  y.writeBack = writeBack
}

/** Everything with events becomes durable this much later. */
function slowEvents(y: Runtime, ms: number): void {
  const writer = y.session!.own.writer
  const append = writer.append.bind(writer)
  const flush = writer.flush.bind(writer)
  const waiting = new Set<Promise<unknown>>()
  Object.assign(writer, {
    append: async (commit: Parameters<typeof append>[0]) => {
      if (commit.events.length === 0) return append(commit)
      const later = sleep(ms)
      waiting.add(later)
      await later
      return append(commit)
    },
    flush: async () => {
      await Promise.all(waiting)
      await sleep(1)
      return flush()
    },
  })
}

describe('write-back in a bad moment', () => {
  it('keeps a record that is appended between intent and write whole', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2', '1'))
    const path = world.b.path(sessionPath(world.b, session))
    await world.a.with((x) =>
      world.b.with(async (y) => {
        let quick = true
        const real = y.processes
        Object.assign(y, {
          processes: {
            agents: (pids: readonly number[]) => real.agents(pids),
            holders: (paths: readonly string[]) => {
              if (quick && paths.includes(path)) {
                quick = false
                appendFileSync(path, line('agent', '1'))
              }
              return real.holders(paths)
            },
          },
        })
        await record(x, {}, keptIo())
        await record(y, {}, keptIo())
        await meetIn(x, y)
        await settle(y)
        expect(quick).toBe(false)
      }),
    )
    const kinds = await world.b.with(async (runtime) => {
      const found: unknown[] = []
      for (const file of runtime.store.reader.files()) {
        if (runtime.store.reader.log(file.log)?.hostName !== 'box') continue
        for await (const row of runtime.store.reader.history(file))
          found.push([row.kind, row.length, (await runtime.store.reader.read(row)).event.parents])
      }
      return found
    })
    expect(
      kinds.filter((each) => (each as unknown[])[0] === 'append').map((each) => (each as unknown[])[1]),
    ).toEqual([line('agent', '1').length])
    await world.sync()
    await world.sync()
    expect(world.text(world.a)?.split('\n')).toContain(line('agent', '1').trimEnd())
  })

  it('holds a file of which an event can’t be read, and ends nothing', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.sync()
    world.append(world.a, line('2', '1'))
    await world.a.with((x) =>
      world.b.with(async (y) => {
        await record(x, {}, keptIo())
        await record(y, {}, keptIo())
        await meetOnly(x, y)
        const { reader } = y.store
        const bytes = reader.bytes.bind(reader)
        Object.assign(reader, {
          bytes: (piece: Parameters<typeof bytes>[0]) =>
            piece.log === y.session?.own.writer.log
              ? bytes(piece)
              : Promise.reject(new HoldfastError('STORE_DAMAGED', 'a flipped bit')),
        })
        const result = await settle(y)
        expect(result.held.length).toBe(1)
      }),
    )
  })

  it('writes nothing a second time that is recorded and not durable yet', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    const path = () => world.b.path(sessionPath(world.b, session))
    await world.a.with((x) =>
      world.b.with(async (y) => {
        await record(x, {}, keptIo())
        await record(y, {}, keptIo())
        await meetOnly(x, y)
        await y.session?.writeBack.settle({ quietTimeMs: 0 })
        expect(existsSync(path())).toBe(true)
        world.append(world.a, line('2', '1'))
        await record(x, {}, keptIo())
        await meetOnly(x, y)
        slowEvents(y, 100)
        appendFileSync(path(), line('agent', '1'))
        y.session!.recorder.hint(path())
        await y.session?.writeBack.settle({ quietTimeMs: 0 })
        for (const id of ['1', 'agent']) expect(world.text(world.b)?.split(`"uuid":"${id}"`).length).toBe(2)
      }),
    )
  })

  it('writes what came while the file was away for a moment when it is back', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    world.write(world.a, line('9', null), 'other.jsonl')
    await world.sync()
    world.append(world.a, line('2', '1'))
    const path = world.b.path(sessionPath(world.b, session))
    await world.a.with((x) =>
      world.b.with(async (y) => {
        await record(x, {}, keptIo())
        await record(y, {}, keptIo())
        await meetOnly(x, y)
        renameSync(path, `${path}-away`)
        await settle(y)
        renameSync(`${path}-away`, path)
        await settle(y)
      }),
    )
    await world.sync()
    expect(world.text(world.b)).toBe(world.text(world.a))
  })

  it('revives nothing whose removal is not durable yet', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    world.write(world.a, line('9', null), 'other.jsonl')
    await world.sync()
    world.append(world.a, line('2', '1'))
    const path = world.b.path(sessionPath(world.b, session))
    await world.a.with((x) =>
      world.b.with(async (y) => {
        await record(x, {}, keptIo())
        await record(y, {}, keptIo())
        await meetOnly(x, y)
        slowEvents(y, 150)
        rmSync(path)
        y.session!.recorder.hint(path)
        // The removal is confirmed after 250 ms, and on its way for 150 more.
        await sleep(320)
        await y.session!.writeBack.settle({ quietTimeMs: 0 })
      }),
    )
    expect(world.text(world.b)).toBe(null)
  })

  it('says what it wrote, though the log can’t be read just there', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    await world.a.with((x) =>
      world.b.with(async (y) => {
        await record(x, {}, keptIo())
        await record(y, {}, keptIo())
        await meetOnly(x, y)
        await y.session!.writeBack.settle({ quietTimeMs: 0 })
        const { reader } = y.store
        Object.assign(reader, {
          bytes: () => Promise.reject(new HoldfastError('STORE_DAMAGED', 'a flipped bit')),
        })
        await expect(y.session!.writeBack.flushWritten()).resolves.toBeUndefined()
      }),
    )
  })

  it('ends nothing where replaced files can’t be listed', async () => {
    const world = new TwoHomes()
    world.write(world.b, line('1', null))
    await world.b.with(async (y) => {
      const list = y.files.list.bind(y.files)
      Object.assign(y, {
        files: {
          ...y.files,
          list: (path: string) => {
            if (path.endsWith('replaced')) throw new FileError('EIO', path)
            return list(path)
          },
        },
      })
      await record(y, {}, keptIo())
      await expect(y.session!.writeBack.sweepReplaced()).resolves.toBeUndefined()
    })
  })

  it('keeps what was written into a replaced file while the log does not have it', async () => {
    const world = new TwoHomes()
    world.write(world.a, line('1', null))
    world.write(world.a, line('9', null), 'other.jsonl')
    await world.sync()
    world.append(world.a, line('2a', '1'))
    await world.a.record()
    world.append(world.b, line('2b', '1'))
    await world.sync()
    const folder = readdirSync(world.b.path(''), { recursive: true, encoding: 'utf8' })
    const kept = folder.find((name) => /replaced\/./.test(name))
    expect(kept).toBeDefined()
    const late = world.b.path(kept ?? '')
    appendFileSync(late, line('late', '2b'))
    utimesSync(late, new Date(0), new Date(Date.now() - 8 * 86_400_000))
    await world.b.with(async (y) => {
      await record(y, {}, keptIo())
      // Removed while it is watched: no damage is suspected.
      rmSync(world.b.path(sessionPath(world.b, session)))
      await y.session!.recorder.sweep()
      await y.session!.writeBack.sweepReplaced()
    })
    expect(existsSync(late)).toBe(true)
  })
})
