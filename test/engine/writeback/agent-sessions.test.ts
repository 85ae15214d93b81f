import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileError } from '../../../src/engine/ports/files.js'
import type { AgentProcess } from '../../../src/engine/ports/processes.js'
import {
  liveEntries,
  readRegistry,
  type RegistryEntry,
} from '../../../src/engine/writeback/agent-sessions.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'

describe('readRegistry', () => {
  let folder: string
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-registry-')))
    mkdirSync(join(folder, 'a/sessions'), { recursive: true })
    mkdirSync(join(folder, 'b/sessions'), { recursive: true })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const put = (name: string, text: string, seconds = 1000): void => {
    writeFileSync(join(folder, name), text)
    utimesSync(join(folder, name), seconds, seconds)
  }
  const read = (...names: string[]) =>
    readRegistry(
      createNodeFiles(),
      names.map((name) => join(folder, name)),
    )

  it('reads what the agent says, in the words of its versions', () => {
    put('a/sessions/50224.json', '{"pid":50224,"sessionId":"s1","cwd":"/x","startedAt":99,"status":"idle"}')
    put('a/sessions/7.json', '{"session_id":"s2","projectPath":"/y"}')
    put('a/sessions/8.json', '{"pid":8}')
    const mtimeMs = 1_000_000
    expect(read('a')).toEqual([
      { pid: 7, session: 's2', cwd: '/y', startedMs: null, mtimeMs },
      { pid: 8, session: null, cwd: null, startedMs: null, mtimeMs },
      { pid: 50224, session: 's1', cwd: '/x', startedMs: 99, mtimeMs },
    ])
  })

  it('passes over what is no entry', () => {
    put('a/sessions/1.json', 'not json')
    put('a/sessions/2.json', '["list"]'.repeat(2))
    put('a/sessions/3.json', 'null')
    put('a/sessions/4.json', `{"sessionId":"s","x":"${'x'.repeat(70_000)}"}`)
    put('a/sessions/0.json', '{"sessionId":"s"}')
    put('a/sessions/5.json.tmp', '{"sessionId":"s"}')
    put('a/sessions/notes.txt', 'x')
    mkdirSync(join(folder, 'a/sessions/6.json'))
    put('other', '{"sessionId":"s"}')
    symlinkSync(join(folder, 'other'), join(folder, 'a/sessions/9.json'))
    expect(read('a', 'missing')).toEqual([])
  })

  it('takes the later of two folders for one pid', () => {
    put('a/sessions/7.json', '{"sessionId":"old"}', 1000)
    put('b/sessions/7.json', '{"sessionId":"new"}', 2000)
    const session = 'new'
    for (const order of [read('a', 'b'), read('b', 'a')]) expect(order).toMatchObject([{ pid: 7, session }])
  })

  it('tells nothing of what can’t be read, and hides no fault of ours', () => {
    const files = createNodeFiles()
    const refused = { ...files, list: () => { throw new FileError('EACCES', '/x') } } // prettier-ignore
    expect(readRegistry(refused, ['/x'])).toEqual([])
    const broken = { ...files, list: () => { throw new TypeError('a bug') } } // prettier-ignore
    expect(() => readRegistry(broken, ['/x'])).toThrow('a bug')
  })
})

describe('liveEntries', () => {
  const minute = 60_000
  const startedMs = 100 * minute
  const entry: RegistryEntry = {
    pid: 7,
    session: 's',
    cwd: null,
    startedMs: startedMs + 5000,
    mtimeMs: startedMs + minute,
  }
  const process: AgentProcess = { pid: 7, agent: 'claude', cwd: null, startedMs, args: [] }

  it.each<[string, Partial<RegistryEntry>, Partial<AgentProcess>, boolean]>([
    ['its process lives', {}, {}, true],
    ['its process ended', {}, { pid: 8 }, false],
    ['the pid began after it was written', { mtimeMs: startedMs - minute }, {}, false],
    ['it was written as the process began', { mtimeMs: startedMs - 500 }, {}, true],
    ['nobody can tell when the process began', { mtimeMs: 0 }, { startedMs: null }, true],
    ['the pid is another agent’s', {}, { agent: 'codex' }, false],
    ['the process has another name, and began as it says', {}, { agent: null }, true],
    ['a slow start of that', { startedMs: startedMs + 3 * minute }, { agent: null }, true],
    ['the pid is an old process of another name', {}, { agent: null, startedMs: minute }, false],
    ['that, and the entry does not say when', { startedMs: null }, { agent: null }, false],
    ['that, and the system does not either', {}, { agent: null, startedMs: null }, false],
  ])('%s', (_, ofEntry, ofProcess, lives) => {
    expect(liveEntries([{ ...entry, ...ofEntry }], [{ ...process, ...ofProcess }])).toHaveLength(
      lives ? 1 : 0,
    )
  })
})
