import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileFacts } from '../../../src/engine/core/event.js'
import type { LocalHost, RemoteFile } from '../../../src/engine/core/local-cwd.js'
import type { LocalPath } from '../../../src/engine/core/local-path.js'
import { slugOf } from '../../../src/engine/core/slug.js'
import { box, fileOn, locate, mac, mapOf, streamOf } from './local-hosts.js'

const segment = fc.oneof(
  fc.stringMatching(/^[a-z0-9._ -]{1,12}$/).filter((text) => !/^\.+$/.test(text)),
  fc.constantFrom('me', 'me-too', 'too', 'home', 'caf\u00e9', 'cafe\u0301', 'x'.repeat(90), 'b-c', 'b', 'c'),
)
const relative = fc
  .array(segment, { minLength: 0, maxLength: 4 })
  .map((parts) => parts.map((s) => `/${s}`).join(''))
const homeOf = fc.constantFrom(
  '/Users/me',
  '/Users/me-too',
  '/Users/me/too',
  '/home/me',
  '/home/me/',
  '/home/tca',
  '/root',
  '/var/home/x y',
  '/home/caf\u00e9.d',
  '/home/cafe\u0301.d',
)
const posixHost = (hostId: string) => homeOf.map((home): LocalHost => ({ hostId, home, platform: 'linux' }))
const folderOf = fc.record({ top: fc.constantFrom('~', '~', '', '/srv', '/Users', '/a'), rest: relative })
type Folder = typeof folderOf extends fc.Arbitrary<infer T> ? T : never

function realPath({ top, rest }: Folder, { home }: LocalHost): string {
  return (top === '~' ? home.replace(/\/$/, '') : top) + rest || '/srv'
}

const aliasOf = fc.record({
  project: fc.constantFrom('p', 'q', 'odd:%/~'),
  folder: folderOf,
  host: fc.constantFrom('a', 'b', null),
})
const mapArbitrary = fc.array(aliasOf, { maxLength: 4 }).map((entries) =>
  mapOf(
    ...entries.map(({ project, folder, host }): [string, string, string | null] => {
      return [project, (folder.top + folder.rest).replace(/^$/, '/srv'), host]
    }),
  ),
)
const session = fc.constantFrom('s.jsonl', 's/subagents/agent-1.jsonl', 's/tool-results/x.txt', 'memory/n.md')
const world = fc.record({
  a: posixHost('a'),
  b: posixHost('b'),
  map: mapArbitrary,
  folder: folderOf,
  name: session,
  named: fc.boolean(),
})

function fileIn(host: LocalHost, folder: Folder, name: string, named: boolean): RemoteFile {
  const real = realPath(folder, host)
  return fileOn(host, `${slugOf(real)}/${name}`, named ? real : null)
}

function written(found: Extract<LocalPath, { kind: 'path' }>, from: FileFacts, here: LocalHost): RemoteFile {
  return { facts: { ...from, path: found.path, home: here.home }, host: here.hostId }
}

describe('properties', () => {
  it('what is written here derives the stream that it came from', () => {
    let paths = 0
    fc.assert(
      fc.property(world, ({ a, b, map, folder, name, named }) => {
        const file = fileIn(a, folder, name, named)
        const found = locate([file], b, map)
        if (found.kind === 'none') return
        paths++
        expect(streamOf(written(found, file.facts, b), map).key).toBe(streamOf(file, map).key)
      }),
      { numRuns: 500 },
    )
    expect(paths).toBeGreaterThan(250)
  })

  it('a session goes to its folder there and comes back to its own path, whichever host began it', () => {
    let returned = 0
    fc.assert(
      fc.property(world, ({ a, b, map, folder, name, named }) => {
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          const file = fileIn(from, folder, name, named)
          const there = locate([file], to, map)
          if (there.kind === 'none') continue
          const copy = written(there, file.facts, to)
          for (const files of [[copy], [copy, file], [file, copy]]) {
            const back = locate(files, from, map)
            // A project in several folders of one host, or with general and own mappings, has one canonical place.
            if (streamOf(file, map).folder.includes('@')) {
              if (back.kind === 'path')
                expect(streamOf(written(back, file.facts, from), map).key).toBe(streamOf(file, map).key)
              continue
            }
            expect(back).toMatchObject({ kind: 'path', path: file.facts.path })
            if (named) expect(back).toMatchObject({ cwd: realPath(folder, from).normalize('NFC') })
            returned++
          }
        }
      }),
      { numRuns: 300 },
    )
    expect(returned).toBeGreaterThan(300)
  })

  it('a project mapped once on each host comes back to its own path', () => {
    const below = fc.option(relative)
    fc.assert(
      fc.property(
        posixHost('a'),
        posixHost('b'),
        relative,
        relative,
        below,
        session,
        (a, b, pathA, pathB, sub, name) => {
          const map = mapOf(['p', `~${pathA}/pa`, 'a'], ['p', `/srv${pathB}/pb`, 'b'])
          const file = fileIn(a, { top: '~', rest: `${pathA}/pa${sub ?? ''}` }, name, true)
          const there = locate([file], b, map)
          expect(streamOf(file, map).project).toBe('p')
          if (there.kind === 'none') return
          expect(there.cwd).toBe(`/srv${pathB}/pb${sub ?? ''}`.normalize('NFC'))
          expect(there.path).toBe(`${slugOf(there.cwd ?? '')}/${name}`)
          expect(locate([written(there, file.facts, b)], a, map)).toMatchObject({ path: file.facts.path })
        },
      ),
    )
  })

  it('two streams never get one path', () => {
    let clashes = 0
    fc.assert(
      fc.property(world, folderOf, fc.boolean(), ({ a, b, map, folder, name, named }, other, both) => {
        const taken = new Map<string, string>()
        for (const file of [fileIn(a, folder, name, named), fileIn(a, other, name, both)]) {
          const { key } = streamOf(file, map)
          const found = locate([file], b, map, { occupant: (path) => taken.get(path) ?? null })
          if (found.kind === 'none') continue
          if (taken.has(found.path)) {
            clashes++
            expect(taken.get(found.path)).toBe(key)
          }
          taken.set(found.path, key)
        }
      }),
      { numRuns: 500 },
    )
    expect(clashes).toBeGreaterThan(0)
  })

  it('two streams whose lines name the same directory, or none, are told apart without asking who is there', () => {
    fc.assert(
      fc.property(world, folderOf, ({ a, b, map, folder, name }, other) => {
        const cwd = realPath(folder, a)
        const files = [
          fileOn(a, `${slugOf(cwd)}/${name}`, cwd),
          fileOn(a, `${slugOf(realPath(other, a))}/${name}`, cwd),
        ]
        const [one, two] = files.map((file) => locate([file], b, map))
        if (one?.kind !== 'path' || two?.kind !== 'path' || one.path !== two.path) return
        const [first, second] = files.map((file) => streamOf(file, map).key)
        expect(first).toBe(second)
      }),
      { numRuns: 500 },
    )
  })

  it('never writes what is not safe, whatever other hosts say', () => {
    const wild = fc.stringMatching(/^[-.~@%:\\/a\0\n]{0,12}$/)
    fc.assert(
      fc.property(
        wild,
        fc.option(wild),
        fc.constantFrom('claude', 'codex', 'gemini', 'lines'),
        (path, cwd, format) => {
          const found = locate([fileOn(mac, path, cwd, format)], box)
          if (found.kind === 'none') return
          expect(found.path.split('/').some((part) => part === '' || part === '.' || part === '..')).toBe(
            false,
          )
          expect(found.path).not.toMatch(/[\0\n\\]/)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
