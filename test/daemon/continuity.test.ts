import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { hostKeyFile, readHostKey } from '../../src/daemon/host-key.js'
import { storedIdentity } from '../../src/daemon/log-continuity.js'
import { record } from '../../src/daemon/operations/record.js'
import { mapProject } from '../../src/daemon/operations/projects.js'
import { startRecording } from '../../src/daemon/recording-session.js'
import { readWitness, writeWitness } from '../../src/daemon/witness-file.js'
import { newLogReasons, type NewLogReason } from '../../src/engine/core/continuity.js'
import type { OpenBody } from '../../src/engine/core/event.js'
import { openingOf } from '../../src/engine/replay/select.js'
import { eventKey } from '../../src/store/keys.js'
import { keptIo, RecordedHome } from './recorded-home.js'

const files = { 'p/a.jsonl': 'one\ntwo\n', 'p/b.jsonl': 'other\n', 'p/c.jsonl': '' }

let home: RecordedHome
beforeEach(async () => {
  home = new RecordedHome()
  for (const [path, text] of Object.entries(files)) home.write(path, text)
  await home.record()
})

interface LogNow {
  readonly log: string
  readonly events: number
  readonly bytes: number
  readonly host: string
  readonly opening: OpenBody
}

const logNow = (): Promise<LogNow> =>
  home.with(async (runtime) => {
    const { log } = (await storedIdentity(runtime))!
    const { reader } = runtime.store
    const { events, bytes, host } = reader.log(log)!
    return { log, events, bytes, host, opening: (await openingOf(reader, log))! }
  })

const witnessFile = (): string => join(home.home.identityFolder, 'witness.json')

/** The last event is damaged, and it came after the witness was last written. */
async function damageHead(): Promise<void> {
  home.append('p/a.jsonl', 'last\n')
  await home.withKilled(async (runtime) => void (await record(runtime, {}, keptIo())))
  const { log, events } = await logNow()
  await home.tamper((db) =>
    db.batch([{ type: 'put', key: eventKey(log, events - 1), value: Buffer.alloc(60) }], { sync: true }),
  )
}

function copyStore(to: string): void {
  cpSync(home.home.storeFolder, to, { recursive: true, preserveTimestamps: true })
}

/** The store's content as it was, in the very folder: what a restored volume looks like. */
function putBack(from: string): void {
  for (const name of readdirSync(home.home.storeFolder)) rmSync(join(home.home.storeFolder, name))
  for (const name of readdirSync(from)) cpSync(join(from, name), join(home.home.storeFolder, name))
}

const causes: [NewLogReason, string, boolean, () => Promise<void> | void][] = [
  [
    'machine-changed',
    'the witness is of another machine',
    true,
    () =>
      writeWitness(home.home.identityFolder, { ...readWitness(home.home.identityFolder)!, machine: 'other' }),
  ],
  [
    'machine-changed',
    'the store is of another machine',
    true,
    () =>
      home.with(async ({ store }) => {
        const identity = JSON.parse((await store.getMeta('identity'))!) as object
        await store.setMeta('identity', JSON.stringify({ ...identity, machine: 'other' }))
      }),
  ],
  [
    'store-copied',
    'the folder is a copy of the one that wrote it',
    false,
    () => {
      const away = `${home.home.storeFolder}-away`
      copyStore(away)
      rmSync(home.home.storeFolder, { recursive: true })
      renameSync(away, home.home.storeFolder)
    },
  ],
  [
    'rolled-back',
    'an older content in the same folder',
    false,
    async () => {
      const away = `${home.home.storeFolder}-away`
      copyStore(away)
      home.append('p/a.jsonl', 'three\n')
      await home.record()
      putBack(away)
    },
  ],
  ['witness-missing', 'no witness', false, () => rmSync(witnessFile())],
  ['witness-missing', 'a witness that can’t be read', false, () => writeFileSync(witnessFile(), '{"log":')],
  ['key-missing', 'no key', true, () => rmSync(hostKeyFile(home.home.identityFolder))],
  ['head-damaged', 'a damaged last event', false, damageHead],
]

describe('a host goes on with its log', () => {
  it('over restarts, and the store’s folder may be renamed', async () => {
    const first = await logNow()
    expect(first.opening.continues).toEqual([])
    home.append('p/a.jsonl', 'three\n')
    expect(await home.record()).toMatchObject({ newLog: null, events: 1, bytes: 6 })
    renameSync(home.home.storeFolder, `${home.home.storeFolder}-x`)
    renameSync(`${home.home.storeFolder}-x`, home.home.storeFolder)
    expect(await home.record()).toMatchObject({ newLog: null, events: 0 })
    expect((await logNow()).log).toBe(first.log)
  })

  it('after it was killed', async () => {
    const first = await logNow()
    home.append('p/a.jsonl', 'three\n')
    await home.withKilled(async (runtime) => void (await record(runtime, {}, keptIo())))
    expect((await home.record()).newLog).toBeNull()
    expect(await logNow()).toMatchObject({ log: first.log, events: first.events + 1 })
  })

  it('whose ids are hashes of its key', async () => {
    const { log, host, opening } = await logNow()
    const { publicKey } = readHostKey(home.home.identityFolder)!
    const first16 = (...parts: Uint8Array[]): string =>
      createHash('sha256').update(Buffer.concat(parts)).digest('hex').slice(0, 32)
    expect(Buffer.compare(publicKey, opening.publicKey)).toBe(0)
    expect(host).toBe(first16(publicKey))
    expect(log).toBe(first16(publicKey, opening.logNonce))
  })

  it('and its witness tells how far it was', async () => {
    const { log, events } = await logNow()
    const witness = readWitness(home.home.identityFolder)
    expect(witness).toMatchObject({ log, events })
    await home.with(async ({ store }) => {
      const { chain } = await store.reader.read({ log, offset: events - 1 })
      expect(witness?.chain).toBe(Buffer.from(chain).toString('hex'))
    })
  })
})

describe.each(causes)('a new log is opened: %s (%s)', (reason, _name, newKey, happen) => {
  it('names what it continues, stores no byte again, and every file goes on', async () => {
    await happen()
    const before = await home.with(async (runtime) => {
      const { log } = (await storedIdentity(runtime))!
      return runtime.store.reader.log(log)!
    })
    const texts = Object.fromEntries(Object.keys(files).map((path) => [path, home.read(path)]))
    const recorded = await home.record()
    expect(recorded.newLog).toBe(newLogReasons[reason])
    expect(recorded.suspects).toEqual([])
    const now = await logNow()
    expect(now.log).not.toBe(before.log)
    expect(now.opening.continues).toEqual([
      { log: before.log, events: before.events, reason: newLogReasons[reason] },
    ])
    expect(now.host === before.host).toBe(!newKey)
    // What the old log lacks (it was rolled back, or its head is damaged) is recorded from disk, and nothing else.
    const lacking = reason === 'rolled-back' ? 'three\n'.length : 0
    if (reason !== 'head-damaged') expect(now.bytes).toBe(lacking)
    for (const [path, text] of Object.entries(texts)) expect(await home.bytes(`x/${path}`)).toBe(text)
    home.append('p/a.jsonl', 'more\n')
    expect(await home.record()).toMatchObject({ newLog: null, events: 1, bytes: 5 })
    expect(await home.bytes('x/p/a.jsonl')).toBe(`${texts['p/a.jsonl']}more\n`)
    const verified = await home.verify()
    expect(verified.problems.filter(({ log }) => log !== before.log)).toEqual([])
    // The old log stays readable.
    const old = await home.bytes('x/p/b.jsonl', { host: before.log })
    expect(files['p/b.jsonl'].startsWith(old)).toBe(true)
  })
})

describe('adopting a log', () => {
  it('that was killed at any batch is done by the next start', async () => {
    for (let killAt = 1; killAt <= 4; killAt += 1) {
      rmSync(witnessFile())
      const before = await logNow()
      await home.withKilled(async (runtime) => {
        let batches = 0
        const real = runtime.store.openWriter.bind(runtime.store)
        runtime.store.openWriter = (...args) => {
          const writer = real(...args)
          const append = writer.append.bind(writer)
          writer.append = (commit) => {
            batches += 1
            if (batches >= killAt) throw new Error('killed')
            return append(commit)
          }
          return writer
        }
        const setMeta = runtime.store.setMeta.bind(runtime.store)
        runtime.store.setMeta = (name, value) => {
          if (name === 'identity' && killAt === 3) throw new Error('killed')
          return setMeta(name, value)
        }
        await startRecording(runtime, { onFatal: () => undefined }).catch(() => undefined)
      })
      await home.record()
      const now = await logNow()
      expect(now.log).not.toBe(before.log)
      expect(now.bytes).toBe(0)
      for (const [path, text] of Object.entries(files)) expect(await home.bytes(`x/${path}`)).toBe(text)
      expect((await home.verify()).problems).toEqual([])
    }
  })

  it('again and again keeps every file whole', async () => {
    for (let i = 0; i < 5; i += 1) {
      rmSync(witnessFile())
      home.append('p/a.jsonl', `${i}\n`)
      await home.record()
    }
    expect(await home.bytes('x/p/a.jsonl')).toBe('one\ntwo\n0\n1\n2\n3\n4\n')
    expect((await logNow()).bytes).toBe(2)
    expect(await home.verify()).toMatchObject({ ok: true, files: 3 })
  })

  it('with files that are missing or damaged makes them suspect, and they can be restored', async () => {
    rmSync(home.path('p/a.jsonl'))
    writeFileSync(home.path('p/b.jsonl'), 'ot')
    await home.crash()
    rmSync(witnessFile())
    const { suspects, newLog } = await home.record()
    expect(newLog).not.toBeNull()
    expect(suspects.map(({ path, reason }) => [path, reason])).toEqual([
      ['p/a.jsonl', 'missing'],
      ['p/b.jsonl', 'shortened'],
    ])
    expect((await home.recover()).restored).toHaveLength(2)
    expect(home.read('p/a.jsonl')).toBe('one\ntwo\n')
    expect(home.read('p/b.jsonl')).toBe('other\n')
    expect(await home.verify()).toMatchObject({ ok: true })
  })

  it('that another operation opened', async () => {
    await damageHead()
    await home.with(
      async (runtime) => void (await mapProject(runtime, { project: 'p', path: '/p', host: null })),
    )
    home.append('p/c.jsonl', 'new\n')
    await home.record()
    for (const path of Object.keys(files)) expect(await home.bytes(`x/${path}`)).toBe(home.read(path))
  })

  it('of a host whose whole store is gone begins anew, and says what it was', async () => {
    const before = await logNow()
    rmSync(home.home.storeFolder, { recursive: true })
    mkdirSync(home.home.storeFolder, { mode: 0o700 })
    expect((await home.record()).newLog).toBe(newLogReasons['store-replaced'])
    const now = await logNow()
    expect(now.opening.continues).toEqual([
      { log: before.log, events: before.events, reason: newLogReasons['store-replaced'] },
    ])
    expect(await home.bytes('x/p/a.jsonl')).toBe('one\ntwo\n')
  })
})

describe('a key', () => {
  it('that is no key is named, not replaced', async () => {
    const file = hostKeyFile(home.home.identityFolder)
    writeFileSync(file, 'no key')
    await expect(home.record()).rejects.toMatchObject({ code: 'NOT_READABLE' })
    expect(readFileSync(file, 'utf8')).toBe('no key')
  })
})
