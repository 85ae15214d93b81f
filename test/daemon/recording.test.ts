import { rmSync, truncateSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { follow } from '../../src/daemon/operations/follow.js'
import { record } from '../../src/daemon/operations/record.js'
import { startRecording, wasUnclean } from '../../src/daemon/recording-session.js'
import type { Durable } from '../../src/engine/record/cursor-table.js'
import { logKey } from '../../src/store/keys.js'
import { keptIo, RecordedHome } from './recorded-home.js'

let home: RecordedHome
beforeEach(() => {
  home = new RecordedHome()
  home.write('p/a.jsonl', 'one\n')
})

const onFatal = (error: unknown): never => {
  throw error
}
const isUnclean = (): Promise<boolean> => home.with(wasUnclean)

describe('record', () => {
  it('records what is new, and nothing the second time', async () => {
    home.write('p/b.jsonl', 'other\n')
    expect(await home.record()).toMatchObject({ files: 2, events: 2, bytes: 10, problems: [], damage: 0 })
    expect(await home.record()).toMatchObject({ files: 2, events: 0, bytes: 0 })
    home.append('p/b.jsonl', 'x')
    expect(await home.record()).toMatchObject({ files: 2, events: 1, bytes: 1 })
  })

  it('that is cancelled keeps what it has, and goes on next time', async () => {
    for (let i = 0; i < 200; i += 1) home.write(`p/${i}.jsonl`, `${i}\n`)
    const end = new AbortController()
    const io = keptIo(end.signal)
    const cancelled = home.with((runtime) =>
      record(runtime, {}, { ...io, progress: ({ done }) => void (done > 100 && end.abort()) }),
    )
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' })
    const { events } = await home.record()
    expect(events).toBeGreaterThan(0)
    expect(events).toBeLessThan(201)
    expect(await home.verify()).toMatchObject({ ok: true, files: 201 })
  })
})

describe('an end', () => {
  it('that was in order is known as one', async () => {
    expect(await isUnclean()).toBe(false)
    await home.record()
    expect(await isUnclean()).toBe(false)
  })

  it('that was none is known until everything was looked at', async () => {
    await home.record()
    await home.crash()
    expect(await isUnclean()).toBe(true)
    // Started and stopped before the first sweep: nothing was assessed.
    await home.with(async (runtime) => void (await startRecording(runtime, { onFatal })))
    expect(await isUnclean()).toBe(true)
    await home.record()
    expect(await isUnclean()).toBe(false)
  })

  it('whose note was lost with a repaired store counts as none', async () => {
    await home.record()
    await home.tamper((db) => db.batch([{ type: 'del', key: Buffer.from('mrun') }], { sync: true }))
    expect(await isUnclean()).toBe(true)
  })

  it('of initialising says nothing about the one before', async () => {
    await home.record()
    await home.crash()
    await home.init()
    expect(await isUnclean()).toBe(true)
  })
})

describe('a recording', () => {
  it('tells what becomes durable, once it is, until nobody listens', async () => {
    await home.with(async (runtime) => {
      const session = await startRecording(runtime, { onFatal })
      const heard: Durable[] = []
      const end = session.subscribe((durable) => {
        for (const each of durable) {
          const known = runtime.store.reader.file(session.own.writer.log, each.key)
          expect(known).toBeDefined()
          heard.push(each)
        }
      })
      await session.recorder.sweep()
      expect(heard).toEqual([{ key: { root: 'claude', path: 'p/a.jsonl' }, kind: 'append', bytes: 4 }])
      end()
      home.append('p/a.jsonl', 'two\n')
      await session.recorder.sweep()
      expect(heard).toHaveLength(1)
      expect(runtime.session).toBe(session)
      await session.stop()
      expect(runtime.session).toBeNull()
    })
  })

  it('is followed line by line until the caller goes', async () => {
    await home.with(async (runtime) => {
      const end = new AbortController()
      const io = keptIo(end.signal)
      await expect(follow(runtime, {}, io)).rejects.toMatchObject({ code: 'DAEMON_NOT_RUNNING' })
      const session = await startRecording(runtime, { onFatal })
      const followed = follow(runtime, {}, io)
      await session.recorder.sweep()
      end.abort()
      expect(await followed).toEqual({})
      const lines = Buffer.concat(io.written).toString().trim().split('\n')
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
        { root: 'claude', path: 'p/a.jsonl', kind: 'append', bytes: 4 },
      ])
    })
  })

  it('whose store fails says so once, writes nothing more, and is no clean end', async () => {
    await home.record()
    const failures: unknown[] = []
    const runtimeClosed = home.with(async (runtime) => {
      const session = await startRecording(runtime, { onFatal: (error) => failures.push(error) })
      await session.recorder.sweep()
      home.append('p/a.jsonl', 'two\n')
      home.write('p/b.jsonl', 'x\n')
      const { writer } = session.own
      writer.append = () => Promise.reject(new Error('the disk is gone'))
      await expect(session.recorder.sweep()).rejects.toThrow('the disk is gone')
      await expect(session.recorder.sweep()).rejects.toThrow('the disk is gone')
    })
    await runtimeClosed.catch(() => undefined)
    expect(failures).toHaveLength(1)
    expect(await isUnclean()).toBe(true)
    expect(await home.record()).toMatchObject({ events: 2 })
  })

  it('starts with a log whose row LevelDB lost', async () => {
    await home.record()
    const { log } = await home.init()
    await home.tamper((db) => db.batch([{ type: 'del', key: logKey(log) }], { sync: true }))
    expect(await home.record()).toMatchObject({ newLog: null, events: 0 })
    expect(await home.verify()).toMatchObject({ ok: true })
  })
})

describe('what a crash may have damaged', () => {
  it('is told by record, kept out of history, and stays over commands', async () => {
    home.write('p/b.jsonl', 'other\n')
    await home.record()
    await home.crash()
    rmSync(home.path('p/a.jsonl'))
    truncateSync(home.path('p/b.jsonl'), 2)
    for (let i = 0; i < 2; i += 1) {
      const { suspects, events } = await home.record()
      expect(events).toBe(0)
      expect(suspects).toMatchObject([
        { path: 'p/a.jsonl', reason: 'missing', recorded: 4, size: 0 },
        { path: 'p/b.jsonl', reason: 'shortened', recorded: 6, size: 2 },
      ])
    }
  })
})
