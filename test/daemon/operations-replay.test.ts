import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { openOwnLog } from '../../src/daemon/log-continuity.js'
import { hosts } from '../../src/daemon/operations/hosts.js'
import { list } from '../../src/daemon/operations/list.js'
import { record } from '../../src/daemon/operations/record.js'
import { replay } from '../../src/daemon/operations/replay.js'
import { status } from '../../src/daemon/operations/status.js'
import { versions } from '../../src/daemon/operations/versions.js'
import { eventKey } from '../../src/store/keys.js'
import { keptIo, RecordedHome } from './recorded-home.js'

const a = '0f0e0d0c-0b0a-4908-8706-050403020100'
const b = '0f0e0d0c-0b0a-4908-8706-0504030201ff'
const folder = '-home-me-work'
const pathOf = (id: string): string => `${folder}/${id}.jsonl`

let home: RecordedHome
let to: string
beforeEach(async () => {
  home = new RecordedHome()
  to = join(home.user, 'out')
  home.write(pathOf(a), 'one\n')
  home.write(`${folder}/${a}/subagents/agent-1.jsonl`, 'agent\n')
  await home.record()
  home.append(pathOf(a), 'two\n')
  home.write(pathOf(b), 'b\n')
  mkdirSync(join(home.user, '.claude/todos'), { recursive: true })
  writeFileSync(join(home.user, '.claude/todos/t.json'), '[1]')
  await home.record()
  // In one run: what is missing at a start may be damage.
  await home.with(async (runtime) => {
    await record(runtime, {}, keptIo())
    writeFileSync(home.path(pathOf(a)), 'ONE\n')
    rmSync(home.path(pathOf(b)))
    writeFileSync(join(home.user, '.claude/todos/t.json'), '[2]')
    await record(runtime, {}, keptIo())
  })
})

/** Everything below a folder: paths and texts. */
function tree(base: string, below = ''): Record<string, string> {
  return Object.fromEntries(
    readdirSync(join(base, below), { withFileTypes: true }).flatMap((entry) => {
      const path = join(below, entry.name)
      return entry.isDirectory()
        ? Object.entries(tree(base, path))
        : [[path, readFileSync(join(base, path), 'utf8')]]
    }),
  )
}

const now = {
  [`claude/${pathOf(a)}`]: 'ONE\n',
  [`claude/${folder}/${a}/subagents/agent-1.jsonl`]: 'agent\n',
  'claude-todos/t.json': '[2]',
}

describe('replay to a folder', () => {
  it('rebuilds exactly what is there', async () => {
    expect(await home.replay({ to, verify: true })).toEqual({ files: 3, bytes: 13, mismatches: [] })
    expect(tree(to)).toEqual(now)
  })

  it('takes a root, a session with its companions, or a project', async () => {
    await home.replay({ to, root: 'claude-todos' })
    expect(tree(to)).toEqual({ 'claude-todos/t.json': '[2]' })
    rmSync(to, { recursive: true })
    await home.replay({ to, session: a.slice(0, 35) })
    expect(Object.keys(tree(to))).toHaveLength(2)
  })

  it('at every event is what was there then', async () => {
    const { host } = await home.init()
    const bytesAt = new Map<string, Set<string>>()
    const total = await home.with(({ store }) => Promise.resolve(store.reader.logs()[0]!.events))
    for (let events = 0; events <= total; events += 1) {
      const out = `${to}-${events}`
      await home.replay({ to: out, at: `${host}@${events}`, host })
      for (const [path, text] of Object.entries(tree(out)))
        bytesAt.set(path, (bytesAt.get(path) ?? new Set()).add(text))
    }
    expect([...bytesAt.get(`claude/${pathOf(a)}`)!]).toContain('one\n')
    expect([...bytesAt.get(`claude/${pathOf(a)}`)!]).toContain('one\ntwo\n')
    expect([...bytesAt.get(`claude/${pathOf(b)}`)!]).toEqual(['b\n'])
    expect([...bytesAt.get('claude-todos/t.json')!]).toEqual(['[1]', '[2]'])
    expect(tree(`${to}-${total}`)).toEqual(now)
    expect(tree(`${to}-0`)).toEqual({})
  })

  it('before the first event is nothing, and later than now is now', async () => {
    expect(await home.replay({ to, at: '2001-01-01' })).toMatchObject({ files: 0 })
    expect(await home.replay({ to: `${to}2`, at: '2999-01-01' })).toMatchObject({ files: 3 })
  })

  it.each([
    ['a folder with something in it', () => (mkdirSync(to), writeFileSync(join(to, 'x'), ''))],
    ['a file', () => writeFileSync(to, '')],
  ])('refuses %s', async (_name, prepare) => {
    prepare()
    await expect(home.replay({ to })).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
  })

  it('takes an empty folder', async () => {
    mkdirSync(to)
    expect(await home.replay({ to })).toMatchObject({ files: 3 })
  })

  it.each([
    [{ session: 'nothing' }, 'SESSION_UNKNOWN'],
    [{ session: a.slice(0, 30) }, 'SESSION_AMBIGUOUS'],
    [{ root: 'nothing' }, 'ROOT_UNKNOWN'],
    [{ project: 'nothing' }, 'PROJECT_UNKNOWN'],
    [{ host: 'nothing' }, 'HOST_UNKNOWN'],
    [{ at: 'never' }, 'WHEN_INVALID'],
    [{ epoch: 0 }, 'USAGE'],
    [{ session: a, epoch: 9 }, 'WHEN_INVALID'],
  ])('refuses %j', async (args, code) => {
    await expect(home.replay({ to, ...args })).rejects.toMatchObject({ code })
  })

  it('names files that differ from the log, or are gone', async () => {
    writeFileSync(home.path(pathOf(a)), 'other\n')
    rmSync(join(home.user, '.claude/todos/t.json'))
    const { mismatches } = await home.replay({ to, verify: true })
    expect(mismatches).toEqual([
      { root: 'claude', path: pathOf(a), reason: 'differs' },
      { root: 'claude-todos', path: 't.json', reason: 'missing' },
    ])
    expect(tree(to)).toEqual(now)
  })

  it('takes what grew meanwhile for no mismatch', async () => {
    home.append(pathOf(a), 'more\n')
    expect((await home.replay({ to, verify: true })).mismatches).toEqual([])
  })

  it('names what the target disk did not keep', async () => {
    const result = await home.with((runtime) => {
      const files = {
        ...runtime.files,
        create: (path: string, mode?: number) => {
          const file = runtime.files.create(path, mode)
          return {
            ...file,
            write: (bytes: Uint8Array) => file.write(path.endsWith('t.json') ? bytes.subarray(1) : bytes),
          }
        },
      }
      return replay({ ...runtime, files }, { to, verify: true }, keptIo())
    })
    expect(result.mismatches).toEqual([{ root: 'claude-todos', path: 't.json', reason: 'not-kept' }])
  })

  it('goes on past a file whose events are lost, and names it', async () => {
    const { log } = await home.init()
    await home.tamper(async (db) => {
      await db.batch([{ type: 'put', key: eventKey(log, 1), value: Buffer.alloc(50) }], { sync: true })
    })
    const { mismatches, files } = await home.replay({ to })
    expect(files).toBe(3)
    expect(mismatches.map(({ reason }) => reason)).toEqual(['log-incomplete'])
  })

  it('ends when the caller goes', async () => {
    const gone = AbortSignal.abort()
    await expect(
      home.with((runtime) => replay(runtime, { to, verify: false }, keptIo(gone))),
    ).rejects.toThrow()
    expect(Object.keys(tree(to))).toEqual([])
  })
})

describe('a recorded path that leads elsewhere', () => {
  it.each(['../x', 'a/../../x', '/etc/x', 'x\0y', 'a//b', '.'])('%j is not written', async (path) => {
    await home.with(async (runtime) => {
      const { writer } = await openOwnLog(runtime)
      const file = { root: 'claude', format: 'claude', path, home: '/h', cwd: null }
      await writer.append({
        events: [{ body: { kind: 'append', file, epoch: 0, position: 0, bytes: Buffer.from('!') } }],
      })
    })
    const { mismatches } = await home.replay({ to })
    expect(mismatches).toEqual([{ root: 'claude', path, reason: 'unsafe-path' }])
    expect(Object.values(tree(home.user))).not.toContain('!')
    expect(Object.values(tree(to))).not.toContain('!')
  })

  it('as the name of a root is not written either', async () => {
    await home.with(async (runtime) => {
      const { writer } = await openOwnLog(runtime)
      const file = { root: '..', format: 'claude', path: 'x', home: '/h', cwd: null }
      await writer.append({
        events: [{ body: { kind: 'append', file, epoch: 0, position: 0, bytes: Buffer.from('!') } }],
      })
    })
    const { mismatches } = await home.replay({ to })
    expect(mismatches).toEqual([{ root: '..', path: 'x', reason: 'unsafe-path' }])
    expect(Object.values(tree(home.user))).not.toContain('!')
  })
})

describe('replay as bytes', () => {
  it('gives each epoch, now and then', async () => {
    expect(await home.bytes(a)).toBe('ONE\n')
    expect(await home.bytes(a, { epoch: 0 })).toBe('one\ntwo\n')
    expect(await home.bytes(a, { epoch: 1 })).toBe('ONE\n')
    expect(await home.bytes(pathOf(a), { epoch: 0 })).toBe('one\ntwo\n')
  })

  it('gives what a removed session held, not what was not there yet', async () => {
    expect(await home.bytes(b)).toBe('b\n')
    await expect(home.bytes(b, { at: 'test@1' })).rejects.toMatchObject({ code: 'WHEN_INVALID' })
  })

  it('needs a session', async () => {
    await expect(home.replay({})).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('what is told of a home', () => {
  it('by list, versions, hosts and status', async () => {
    await home.with(async (runtime) => {
      const { sessions } = await list(runtime, {})
      expect(
        sessions.map(({ id, state, bytes, epochs }) => `${id} ${state} ${bytes} ${epochs}`).toSorted(),
      ).toEqual([`${a} live 4 2`, `${b} removed 2 1`, 'agent-1 live 6 1', 't live 3 2'])
      const found = await versions(runtime, { session: a, limit: null })
      expect(found).toMatchObject({ session: a, epochs: 2, host: 'test' })
      expect(found.versions.map(({ kind, size, epoch }) => [kind, size, epoch])).toEqual([
        ['append', 4, 1],
        ['reset', 0, 1],
        ['append', 8, 0],
        ['append', 4, 0],
      ])
      expect((await versions(runtime, { session: a, limit: 1 })).versions).toHaveLength(1)
      const rows = (await hosts(runtime)).hosts
      expect(rows).toMatchObject([{ name: 'test', own: true, logs: [{ reason: null }] }])
      const told = await status(runtime)
      expect(told).toMatchObject({ host: 'test', recording: false, suspects: [], lagBytes: 0, unclean: null })
      expect(told.roots.find(({ name }) => name === 'claude')).toMatchObject({ found: true, files: 2 })
    })
  })

  it('each version can be replayed as it is named', async () => {
    const found = await home.with((runtime) => versions(runtime, { session: a, limit: null }))
    const texts: string[] = []
    for (const { at } of found.versions) texts.push(await home.bytes(a, { at }))
    expect(texts).toEqual(['ONE\n', '', 'one\ntwo\n', 'one\n'])
  })
})
