import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FileFacts } from '../../../src/engine/core/event.js'
import {
  buildProjectMap,
  emptyProjectMap,
  type Alias,
  type ProjectMap,
} from '../../../src/engine/core/project-map.js'
import { selfAndParents } from '../../../src/engine/core/host-path.js'
import { slugMatches, slugOf, wholeSlug } from '../../../src/engine/core/slug.js'
import { deriveStream, type StreamPlace } from '../../../src/engine/core/stream.js'

interface Seen {
  home: string
  cwd: string | null
  folder: string
  host?: string
  map?: ProjectMap
  name?: string
  root?: string
  format?: string
}

function derive({ home, cwd, folder, host = 'a', map = emptyProjectMap, name = 's.jsonl', ...rest }: Seen) {
  const facts: FileFacts = { root: 'claude', format: 'claude', ...rest, path: `${folder}/${name}`, home, cwd }
  const place: StreamPlace = { projectFolder: folder, sessionId: 's', name, unique: 'project' }
  return deriveStream(facts, host, place, map)
}

function mapOf(...entries: [project: string, path: string | null, host: string | null][]): ProjectMap {
  return buildProjectMap(
    entries.map(([project, path, host], index): Alias => {
      return { project, path, host, time: { ms: index, counter: 0 }, log: 'l', offset: index, by: 'a' }
    }),
  )
}

const long = Array.from({ length: 30 }, (_, i) => `part-${i}-x`).join('/')

const keyOf = (root: string, format: string, folder: string, name: string) =>
  derive({ home: '/h', cwd: null, root, format, folder, name }).key

describe('the home prefix', () => {
  it.each<[string, Seen, string]>([
    ['Linux', { home: '/home/tca', cwd: '/home/tca/eon-nt', folder: '-home-tca-eon-nt' }, '~-eon-nt'],
    ['macOS', { home: '/Users/me', cwd: '/Users/me/eon-nt', folder: '-Users-me-eon-nt' }, '~-eon-nt'],
    [
      'Windows',
      { home: 'C:\\Users\\me', cwd: 'c:\\Users\\me\\eon-nt', folder: 'c--Users-me-eon-nt' },
      '~-eon-nt',
    ],
    ['no directory', { home: '/home/tca', cwd: null, folder: '-home-tca-eon-nt' }, '~-eon-nt'],
    ['no directory, Windows', { home: 'C:\\Users\\me', cwd: null, folder: 'C--Users-me-eon-nt' }, '~-eon-nt'],
    ['home itself', { home: '/home/tca', cwd: '/home/tca', folder: '-home-tca' }, '~'],
    ['home itself, no directory', { home: '/home/tca/', cwd: null, folder: '-home-tca' }, '~'],
    ['begun in a subfolder', { home: '/home/tca', cwd: '/home/tca/x/sub', folder: '-home-tca-x' }, '~-x'],
    [
      'a neighbour',
      { home: '/Users/me', cwd: '/Users/me-too/x', folder: '-Users-me-too-x' },
      '-Users-me-too-x',
    ],
    [
      'a child of the same slug',
      { home: '/Users/me', cwd: '/Users/me/too/x', folder: '-Users-me-too-x' },
      '~-too-x',
    ],
    ['a neighbour unseen', { home: '/Users/me', cwd: null, folder: '-Users-me-too-x' }, '~-too-x'],
    ['a longer name', { home: '/Users/me', cwd: null, folder: '-Users-meow-x' }, '-Users-meow-x'],
    ['elsewhere', { home: '/Users/me', cwd: '/srv/x', folder: '-srv-x' }, '-srv-x'],
    ['brought from another home', { home: '/home/tca', cwd: '/Users/me/x', folder: '-home-tca-x' }, '~-x'],
    ['no home', { home: '', cwd: null, folder: '-srv-x' }, '-srv-x'],
    ['the root folder is no home', { home: '/', cwd: '/srv/x', folder: '-srv-x' }, '-srv-x'],
    ['the root folder is no home, no directory', { home: '/', cwd: null, folder: '-srv-x' }, '-srv-x'],
    ['no slug', { home: '/home/tca', cwd: '/path/to/Demo', folder: 'sample-project' }, 'sample-project'],
  ])('%s', (_, seen, project) => {
    expect(derive(seen)).toMatchObject({ project, key: `claude:claude:${project}:s.jsonl` })
  })

  it('keeps a folder apart that merely looks like a home’s or a mapped one', () => {
    const home = '/home/tca'
    const keys = [
      derive({ home, cwd: null, folder: '~-x' }),
      derive({ home, cwd: null, folder: '-home-tca-x' }),
      derive({ home, cwd: null, folder: '@p' }),
      derive({ home, cwd: null, folder: '-q', map: mapOf(['p', '/q', null]) }),
    ].map((stream) => stream.key)
    expect(new Set(keys).size).toBe(4)
  })

  it('agrees on names too long for a folder, also where the session was brought', () => {
    const a = derive({ home: '/Users/me', cwd: `/Users/me/${long}`, folder: slugOf(`/Users/me/${long}`) })
    const b = derive({ home: '/home/t', cwd: `/home/t/${long}`, folder: slugOf(`/home/t/${long}`) })
    const brought = derive({ home: '/home/t', cwd: `/Users/me/${long}`, folder: slugOf(`/home/t/${long}`) })
    const otherHash = derive({
      home: '/home/t',
      cwd: `/home/t/${long}`,
      folder: `${wholeSlug(`/home/t/${long}`).slice(0, 200)}-zzz`,
    })
    expect(a.project).toBe(`~${wholeSlug(`/${long}`)}`)
    expect([b.key, brought.key, otherHash.key]).toEqual([a.key, a.key, a.key])
  })

  it('keeps fields apart whose text holds the mark between fields', () => {
    expect(keyOf('r', 'f', 'a:b', 'c')).not.toBe(keyOf('r', 'f', 'a', 'b:c'))
    expect(keyOf('r', 'f:a', 'b', 'c')).not.toBe(keyOf('r', 'f', 'a:b', 'c'))
    expect(keyOf('r:f', 'a', 'b', 'c')).not.toBe(keyOf('r', 'f:a', 'b', 'c'))
    expect(keyOf('r', 'f', 'a:b', 'c')).not.toBe(keyOf('r', 'f', 'a%3Ab', 'c'))
    expect(keyOf('r', 'f', '~b', 'c')).not.toBe(keyOf('r', 'f', '%7Eb', 'c'))
  })

  it('leaves the folders before the project as they are', () => {
    const stream = derive({ home: '/home/me', cwd: null, folder: 'me/.claude/projects/-home-me-x' })
    expect(stream).toMatchObject({ project: '~-x', folder: 'me/.claude/projects/~-x' })
  })
})

describe('mapped projects', () => {
  const map = mapOf(['home', '~/code/home', 'mac'], ['home', '/root/projects/home', 'pod'])
  const mac = (cwd: string | null, folder: string) =>
    derive({ home: '/Users/me', host: 'mac', map, cwd, folder })
  const pod = (cwd: string | null, folder: string) => derive({ home: '/root', host: 'pod', map, cwd, folder })

  it('gives both hosts one stream', () => {
    const expected = { project: 'home', folder: '@home', key: 'claude:claude:@home:s.jsonl' }
    expect(mac('/Users/me/code/home', '-Users-me-code-home')).toMatchObject(expected)
    expect(mac(null, '-Users-me-code-home')).toMatchObject(expected)
    expect(pod('/root/projects/home', '-root-projects-home')).toMatchObject(expected)
    expect(pod('/Users/me/code/home', '-root-projects-home')).toMatchObject(expected)
  })

  it('covers folders below, and keeps them apart from one another', () => {
    const native = mac('/Users/me/code/home/sub', '-Users-me-code-home-sub')
    const brought = pod('/Users/me/code/home/sub', '-root-projects-home-sub')
    expect(native).toMatchObject({ project: 'home', folder: '@home/-sub' })
    expect(brought.key).toBe(native.key)
    expect(native.key).not.toBe(mac('/Users/me/code/home', '-Users-me-code-home').key)
  })

  it('completes a cut folder name below a mapped one from the directory of another host', () => {
    const native = mac(`/Users/me/code/home/${long}`, slugOf(`/Users/me/code/home/${long}`))
    const brought = pod(`/Users/me/code/home/${long}`, slugOf(`/root/projects/home/${long}`))
    expect(native.folder).toBe(`@home/${wholeSlug(`/${long}`)}`)
    expect(brought.key).toBe(native.key)
  })

  it('does not take a longer name for a folder below', () => {
    expect(mac('/Users/me/code/home-assistant', '-Users-me-code-home-assistant').project).toBe(
      '~-code-home-assistant',
    )
    expect(mac(null, '-Users-me-code-home-assistant').project).toBe('~-code-home-assistant')
    expect(pod('/Users/me/code/home-assistant', '-root-projects-home-assistant').project).toBe(
      '~-projects-home-assistant',
    )
  })

  it('asks the directory where two paths share the slug', () => {
    const both = mapOf(['one', '/a/b-c', null], ['two', '/a/b/c', null])
    const at = (cwd: string) => derive({ home: '/h', cwd, folder: '-a-b-c', map: both }).project
    expect([at('/a/b-c'), at('/a/b/c'), at('/a-b/c')]).toEqual(['one', 'two', '-a-b-c'])
  })

  it('prefers the deepest folder, then the host’s own word', () => {
    const nested = mapOf(['own', '/x', 'a'], ['deep', '/x/y', null], ['all', '/x', null])
    const at = (cwd: string) => derive({ home: '/h', cwd, folder: slugOf(cwd), map: nested }).project
    expect([at('/x/y/z'), at('/x/z')]).toEqual(['deep', 'own'])
  })

  it('treats ~ and the home it stands for as one folder: the last word wins', () => {
    const twice = mapOf(['old', '/h/x', null], ['new', '~/x', null])
    expect(derive({ home: '/h', cwd: '/h/x', folder: '-h-x', map: twice }).project).toBe('new')
    const thrice = mapOf(['old', '/h/x', null], ['new', '~/x', null], ['newest', '/h/x', null])
    expect(derive({ home: '/h', cwd: '/h/x', folder: '-h-x', map: thrice }).project).toBe('newest')
  })

  it('escapes a project’s name', () => {
    const odd = mapOf(['a/-b', '/x', null], ['a', '/y', null])
    const one = derive({ home: '/h', cwd: '/x', folder: '-x', map: odd })
    const two = derive({ home: '/h', cwd: '/y/b', folder: '-y-b', map: odd })
    expect(one.project).toBe('a/-b')
    expect(one.key).not.toBe(two.key)
  })
})

describe('formats without a project folder', () => {
  const place: StreamPlace = { projectFolder: '', sessionId: 'u', name: 'rollout-u.jsonl', unique: 'root' }
  const facts: FileFacts = { root: 'codex', format: 'codex', path: 'sessions/x', home: '/h', cwd: null }

  it('names the project by the directory, and keeps it out of the key', () => {
    const without = deriveStream(facts, 'a', place, emptyProjectMap)
    const withIt = deriveStream({ ...facts, cwd: '/h/eon-nt' }, 'a', place, emptyProjectMap)
    const mapped = deriveStream({ ...facts, cwd: '/h/eon-nt' }, 'a', place, mapOf(['eon', '~/eon-nt', null]))
    expect([without.project, withIt.project, mapped.project]).toEqual(['', '~-eon-nt', 'eon'])
    expect([withIt.key, mapped.key]).toEqual([without.key, without.key])
  })

  it('keeps a name that is unique below the root out of its folder', () => {
    const [one, two] = ['hash1', 'hash2'].map((projectFolder) =>
      deriveStream(facts, 'a', { ...place, projectFolder }, emptyProjectMap),
    )
    expect(one?.key).toBe(two?.key)
    expect(one?.project).not.toBe(two?.project)
  })
})

const segment = fc.oneof(
  fc.stringMatching(/^[a-z0-9._ -]{1,12}$/).filter((text) => !/^\.+$/.test(text)),
  fc.constantFrom('me', 'me-too', 'too', 'home', 'caf\u00e9', 'cafe\u0301', 'x'.repeat(90)),
)
const relative = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))
const homeOf = fc.constantFrom(
  '/Users/me',
  '/home/tca',
  '/root',
  'C:\\Users\\me',
  '/home/me/too',
  '/var/home/x y',
)
const under = (home: string, path: string) =>
  home.includes('\\') ? `${home}\\${path.replaceAll('/', '\\')}` : `${home}/${path}`

describe('properties', () => {
  it('hosts with different homes agree, whether the session was begun there or brought', () => {
    fc.assert(
      fc.property(homeOf, homeOf, relative, (homeA, homeB, path) => {
        const [onA, onB] = [under(homeA, path), under(homeB, path)]
        const a = derive({ home: homeA, cwd: onA, folder: slugOf(onA) })
        const b = derive({ home: homeB, cwd: onB, folder: slugOf(onB) })
        const brought = derive({ home: homeB, cwd: onA, folder: slugOf(onB) })
        expect(b.key).toBe(a.key)
        expect(brought.key).toBe(a.key)
        if (wholeSlug(onB).length <= 200) {
          expect(derive({ home: homeB, cwd: null, folder: slugOf(onB) }).key).toBe(a.key)
        }
      }),
    )
  })

  it('hosts agree on mapped projects and all that is below them', () => {
    fc.assert(
      fc.property(
        homeOf,
        homeOf,
        relative,
        relative,
        fc.option(relative),
        (homeA, homeB, pathA, pathB, below) => {
          const map = mapOf(['p', `~/${pathA}`, 'a'], ['p', under(homeB, pathB), 'b'])
          const [onA, onB] = [under(homeA, pathA), under(homeB, pathB)]
          const [inA, inB] = below === null ? [onA, onB] : [under(onA, below), under(onB, below)]
          fc.pre(wholeSlug(onA).length < 190 && wholeSlug(onB).length < 190)
          const a = derive({ home: homeA, host: 'a', map, cwd: inA, folder: slugOf(inA) })
          const b = derive({ home: homeB, host: 'b', map, cwd: inB, folder: slugOf(inB) })
          expect(a.project).toBe('p')
          expect(b.key).toBe(a.key)
          const brought = derive({ home: homeB, host: 'b', map, cwd: inA, folder: slugOf(inB) })
          // A path of the other host whose slug happens to fit this folder is believed to be of this host, and a cut
          // name of a path that repeats itself can be continued in several ways.
          const unclear = selfAndParents(inA).some((path) => slugMatches(slugOf(inB), path))
          if (!unclear && wholeSlug(inB).length <= 200) expect(brought.key).toBe(a.key)
        },
      ),
    )
  })

  it('keys are injective as far as slugs are', () => {
    const file = fc.record({
      path: relative,
      inHome: fc.boolean(),
      name: fc.constantFrom('a', 'b', 'a:b', '%', 'x/a'),
    })
    fc.assert(
      fc.property(file, file, homeOf, fc.boolean(), (one, two, home, mapped) => {
        const map = mapped ? mapOf(['p', `~/${one.path}`, null]) : emptyProjectMap
        const [first, second] = [one, two].map(({ path, inHome, name }) => {
          const cwd = inHome ? under(home, path) : `/else/${path}`
          return {
            key: derive({ home, cwd, folder: slugOf(cwd), name, map }).key,
            slug: wholeSlug(cwd),
            name,
          }
        })
        if (first?.key === second?.key) expect(first).toEqual(second)
        if (JSON.stringify(one) === JSON.stringify(two)) expect(first).toEqual(second)
      }),
    )
  })

  it('no two of root, format, folder and name share a key', () => {
    const text = fc.stringMatching(/^[@~:%a-]{1,4}$/)
    const seen = fc.record({ root: text, format: text, folder: text, name: text })
    fc.assert(
      fc.property(seen, seen, (one, two) => {
        const [first, second] = [one, two].map((s) => derive({ home: '/h', cwd: null, ...s }).key)
        expect(first === second).toBe(
          JSON.stringify(Object.entries(one)) === JSON.stringify(Object.entries(two)),
        )
      }),
      { numRuns: 500 },
    )
  })
})
