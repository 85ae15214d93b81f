import { describe, expect, it } from 'vitest'
import type { LocalHost, RemoteFile } from '../../../src/engine/core/local-cwd.js'
import { localPath } from '../../../src/engine/core/local-path.js'
import { emptyProjectMap } from '../../../src/engine/core/project-map.js'
import { slugOf, wholeSlug } from '../../../src/engine/core/slug.js'
import { formatNamed, placeInFormat } from '../../../src/engine/formats/format.js'
import {
  at,
  bare,
  box,
  fileOn,
  locate,
  long,
  mac,
  mapOf,
  pod,
  refused,
  streamOf,
  win,
} from './local-hosts.js'

describe('below the home directory', () => {
  const native = fileOn(mac, '-Users-me-eon-nt/s.jsonl', '/Users/me/eon-nt')

  it.each<[string, RemoteFile, LocalHost, ReturnType<typeof at>]>([
    ['mac to box', native, box, at('-home-tca-eon-nt/s.jsonl', '/home/tca/eon-nt')],
    ['mac to Windows', native, win, at('C--Users-me-eon-nt/s.jsonl', 'C:\\Users\\me\\eon-nt')],
    [
      'Windows to box',
      fileOn(win, 'c--Users-me-eon-nt/s.jsonl', 'c:\\Users\\me\\eon-nt'),
      box,
      at('-home-tca-eon-nt/s.jsonl', '/home/tca/eon-nt'),
    ],
    ['home itself', fileOn(mac, '-Users-me/s.jsonl', '/Users/me'), box, at('-home-tca/s.jsonl', '/home/tca')],
    ['no directory', fileOn(mac, '-Users-me-x/s.jsonl', null), box, at('-home-tca-x/s.jsonl', null)],
    [
      'begun in a subfolder',
      fileOn(mac, '-Users-me-x/s.jsonl', '/Users/me/x/sub'),
      box,
      at('-home-tca-x/s.jsonl', '/home/tca/x/sub'),
    ],
    [
      'a subagent',
      fileOn(mac, '-Users-me-x/s/subagents/agent-1.jsonl', '/Users/me/x'),
      box,
      at('-home-tca-x/s/subagents/agent-1.jsonl', '/home/tca/x'),
    ],
    [
      'brought to box from the mac, then to the pod',
      fileOn(box, '-home-tca-x/s.jsonl', '/Users/me/x'),
      pod,
      at('-root-x/s.jsonl', '/root/x'),
    ],
    [
      'below a folder of several users',
      fileOn(mac, 'me/.claude/projects/-Users-me-x/s.jsonl', '/Users/me/x'),
      box,
      at('me/.claude/projects/-home-tca-x/s.jsonl', '/home/tca/x'),
    ],
  ])('%s', (_, file, here, expected) => {
    expect(locate([file], here)).toEqual(expected)
  })

  it('has no place where the user has no home', () => {
    expect(locate([native], bare)).toMatchObject(refused('unmapped-project'))
  })

  it('is refused where this host maps the folder and the others do not', () => {
    const found = locate([native], box, mapOf(['eon', '~/eon-nt', 'box']))
    expect(found).toMatchObject({ ...refused('ambiguous'), text: expect.stringContaining('eon') })
  })
})

describe('mapped projects', () => {
  const map = mapOf(['home', '~/code/home', 'mac'], ['home', '/root/projects/home', 'pod'])
  const exact = fileOn(mac, '-Users-me-code-home/s.jsonl', '/Users/me/code/home')
  const below = fileOn(mac, '-Users-me-code-home-sub/s.jsonl', '/Users/me/code/home/sub')

  it('go to the folder that this host has them in', () => {
    expect(locate([exact], pod, map)).toEqual(at('-root-projects-home/s.jsonl', '/root/projects/home'))
    expect(locate([below], pod, map)).toEqual(
      at('-root-projects-home-sub/s.jsonl', '/root/projects/home/sub'),
    )
  })

  it('have no place where they are not mapped, and the text names the command', () => {
    const found = locate([exact], box, map)
    expect(found).toMatchObject({
      ...refused('unmapped-project'),
      text: expect.stringContaining('holdfast project map home'),
    })
  })

  it('prefer the host’s own word over the general one, and the latest of equals', () => {
    const both = mapOf(
      ['p', '/own-old', 'box'],
      ['p', '/own-new', 'box'],
      ['p', '/general', null],
      ['p', '/on-mac', 'mac'],
    )
    const file = fileOn(mac, '-on-mac/s.jsonl', '/on-mac')
    expect(locate([file], box, both)).toEqual(at('-own-new/s.jsonl', '/own-new'))
    expect(locate([file], pod, both)).toEqual(at('-general/s.jsonl', '/general'))
  })

  it('pass over a folder that another project has taken since', () => {
    const taken = mapOf(['p', '/free', null], ['p', '/taken', null], ['q', '/taken', 'box'])
    const file = fileOn(mac, '-free/s.jsonl', '/free')
    expect(locate([file], box, taken)).toMatchObject({ path: '-free/s.jsonl' })
  })

  it('keep names with marks in them', () => {
    const odd = mapOf(['a/b:%3A@~', '/x', 'mac'], ['a/b:%3A@~', '/y', 'box'])
    expect(locate([fileOn(mac, '-x/s.jsonl', '/x')], box, odd)).toMatchObject({ path: '-y/s.jsonl' })
  })

  it('are told apart by the directory where two share a slug', () => {
    const twins = mapOf(
      ['one', '/a/b-c', 'mac'],
      ['two', '/a/b/c', 'mac'],
      ['one', '/one', 'box'],
      ['two', '/two', 'box'],
    )
    const path = (cwd: string) => locate([fileOn(mac, '-a-b-c/s.jsonl', cwd)], box, twins)
    expect(path('/a/b-c')).toMatchObject({ path: '-one/s.jsonl' })
    expect(path('/a/b/c')).toMatchObject({ path: '-two/s.jsonl' })
  })

  it('that share a slug here are not mixed up where no directory tells', () => {
    const twins = mapOf(
      ['one', '/one', 'mac'],
      ['two', '/two', 'mac'],
      ['one', '/a/b-c', 'box'],
      ['two', '/a/b/c', 'box'],
    )
    const kinds = ['-one', '-two'].map(
      (folder) => locate([fileOn(mac, `${folder}/memory/n.md`, null)], box, twins).kind,
    )
    expect(kinds.toSorted()).toEqual(['none', 'path'])
  })
})

describe('literal folders', () => {
  it.each<[string, RemoteFile, LocalHost, object]>([
    ['elsewhere', fileOn(mac, '-srv-x/s.jsonl', '/srv/x'), box, at('-srv-x/s.jsonl', '/srv/x')],
    [
      'a neighbour of the home',
      fileOn(mac, '-Users-me-too-x/s.jsonl', '/Users/me-too/x'),
      box,
      at('-Users-me-too-x/s.jsonl', '/Users/me-too/x'),
    ],
    ['no slug', fileOn(mac, 'sample/s.jsonl', null), win, at('sample/s.jsonl', null)],
    ['marks', fileOn(mac, '~a:b%40@/s.jsonl', null), box, at('~a:b%40@/s.jsonl', null)],
    ['a mark', fileOn(mac, '@a/s.jsonl', null), box, at('@a/s.jsonl', null)],
    [
      'marks before it',
      fileOn(mac, '~a/b:%7E/-srv-x/s.jsonl', null),
      box,
      at('~a/b:%7E/-srv-x/s.jsonl', null),
    ],
    ['another drive', fileOn(win, 'D--x/s.jsonl', 'D:\\x'), box, refused('other-platform')],
    ['another drive, no directory', fileOn(win, 'D--x/s.jsonl', null), mac, refused('other-platform')],
    ['no drive', fileOn(mac, '-srv-x/s.jsonl', '/srv/x'), win, refused('other-platform')],
    ['no folder', fileOn(mac, 's.jsonl', '/srv/x'), box, at('s.jsonl', '/srv/x')],
  ])('%s', (_, file, here, expected) => {
    expect(locate([file], here)).toMatchObject(expected)
  })

  it('is refused where the folder lies below this host’s home', () => {
    const neighbour = fileOn(mac, '-Users-me-too-x/s.jsonl', '/Users/me-too/x')
    const there: LocalHost = { hostId: 'there', home: '/Users/me-too', platform: 'darwin' }
    expect(locate([neighbour], there)).toMatchObject(refused('ambiguous'))
  })
})

describe('names too long for a folder', () => {
  const onMac = `/Users/me/${long}`
  const native = fileOn(mac, `${slugOf(onMac)}/s.jsonl`, onMac)
  const onBox = `/home/tca/${long}`
  const cutOnBox = wholeSlug(onBox).slice(0, 200)

  it('are cut anew from the real path', () => {
    expect(locate([native], box)).toEqual(at(`${slugOf(onBox)}/s.jsonl`, onBox))
    expect(locate([fileOn(box, `${slugOf(onBox)}/s.jsonl`, onMac)], pod)).toEqual(
      at(`${slugOf(`/root/${long}`)}/s.jsonl`, `/root/${long}`),
    )
  })

  it('use a folder that is there with another client’s hash, and only that of this path', () => {
    const folders = ['-home-tca-other', `${cutOnBox}-zz9`, `${cutOnBox}-zz8`, `x${cutOnBox.slice(1)}-a`]
    const listFolders = (parent: string) => (parent === '' ? folders : [])
    expect(locate([native], box, emptyProjectMap, { listFolders })).toMatchObject({
      path: `${cutOnBox}-zz8/s.jsonl`,
    })
    const withOwn = () => [`${cutOnBox}-0`, ...folders, slugOf(onBox)]
    expect(locate([native], box, emptyProjectMap, { listFolders: withOwn })).toMatchObject({
      path: `${slugOf(onBox)}/s.jsonl`,
    })
  })

  it('are kept as they came where no directory tells the real path', () => {
    const silent = fileOn(mac, `${slugOf(onMac)}/s.jsonl`, null)
    const below = slugOf(onMac).slice('-Users-me'.length)
    expect(locate([silent], pod)).toEqual(at(`-root${below}/s.jsonl`, null))
  })

  it('elsewhere are cut as everywhere', () => {
    const file = fileOn(mac, `${wholeSlug(`/srv/${long}`).slice(0, 200)}-abc/s.jsonl`, `/srv/${long}`)
    expect(locate([file], box)).toEqual(at(`${slugOf(`/srv/${long}`)}/s.jsonl`, `/srv/${long}`))
  })

  it('keep the spelling of a Windows folder that is there', () => {
    const listFolders = () => ['c--users-me-x']
    expect(
      locate([fileOn(mac, '-Users-me-x/s.jsonl', '/Users/me/x')], win, emptyProjectMap, { listFolders }),
    ).toEqual(at('c--users-me-x/s.jsonl', 'C:\\Users\\me\\x'))
  })
})

describe('formats without a project folder', () => {
  const name = 'rollout-2026-06-17T10-07-16-019ed50c-2fb3-7002-a384-360bea6e7f04.jsonl'
  const live = fileOn(mac, `sessions/2026/06/17/${name}`, '/Users/me/x', 'codex')
  const archived = fileOn(pod, `archived_sessions/${name}`, '/Users/me/x', 'codex')

  it('keep the path, and translate the directory', () => {
    expect(locate([live], box)).toEqual(at(live.facts.path, '/home/tca/x'))
    expect(locate([fileOn(mac, 'list/1.json', null, 'file')], box)).toEqual(at('list/1.json', null))
    expect(
      locate([fileOn(mac, 'abc/chats/session-2026-01-02T03-04-0123abcd.json', null, 'gemini')], box),
    ).toEqual(at('abc/chats/session-2026-01-02T03-04-0123abcd.json', null))
  })

  it('prefer a path where the file stands, then the one that sorts first', () => {
    expect(streamOf(archived).key).toBe(streamOf(live).key)
    const gone: RemoteFile = { ...archived, state: 'gone' }
    for (const files of [
      [live, gone],
      [gone, live],
    ])
      expect(locate(files, box)).toMatchObject({ path: live.facts.path })
    for (const files of [
      [live, archived],
      [archived, live],
    ])
      expect(locate(files, box)).toMatchObject({ path: archived.facts.path })
  })

  it('translate a directory in a mapped project', () => {
    const map = mapOf(['p', '/Users/me/x', 'mac'], ['p', '/srv/p', 'box'])
    const deeper = fileOn(mac, live.facts.path, '/Users/me/x/y', 'codex')
    expect(locate([deeper], box, map)).toMatchObject({ cwd: '/srv/p/y' })
    expect(locate([deeper], pod, map)).toMatchObject({ cwd: null })
    expect(locate([fileOn(win, live.facts.path, 'D:\\x', 'codex')], box)).toMatchObject({ cwd: null })
  })

  it('translate below the deepest folder of a project', () => {
    const map = mapOf(['p', '/p', 'mac'], ['p', '/p/own', 'mac'], ['p', '/srv/p', 'box'])
    for (const folder of ['/p', '/p/own'])
      expect(locate([fileOn(mac, live.facts.path, `${folder}/x`, 'codex')], box, map)).toMatchObject({
        cwd: '/srv/p/x',
      })
  })
})

describe('safety', () => {
  it.each([
    ['../x'],
    ['a/../../x'],
    ['/etc/passwd'],
    ['a//b'],
    ['a/'],
    ['./a'],
    ['a/.'],
    ['a\0b'],
    ['a\nb'],
    ['a\u009bb'],
    ['a\ud800b'],
    ['a\\b'],
    ['..\\a'],
    ['.holdfast-x/a'],
    ['a/.holdfast-lock'],
    ['x'.repeat(256)],
    ['é'.repeat(128)],
    [Array.from({ length: 6 }, () => 'x'.repeat(200)).join('/')],
  ])('refuses %j', (path) => {
    expect(locate([fileOn(mac, path, null, 'lines')], box)).toMatchObject(refused('unsafe'))
  })

  it.each(['con', 'NUL.txt', 'a/com1', 'lpt1 .x', 'a:b', 'a?', 'a.', 'a ', 'a./b'])(
    'refuses %j on Windows alone',
    (path) => {
      expect(locate([fileOn(mac, path, null, 'lines')], win)).toMatchObject(refused('unsafe'))
      expect(locate([fileOn(mac, path, null, 'lines')], box)).toMatchObject({ path })
    },
  )

  it('keeps what merely looks odd', () => {
    for (const path of ['..a/b...', 'é'.repeat(127), 'console', 'a/.hidden', 'x'.repeat(255)])
      expect(locate([fileOn(mac, path, null, 'lines')], win).kind).toBe(path.endsWith('.') ? 'none' : 'path')
    expect(locate([fileOn(mac, '..a/b...', null, 'lines')], box).kind).toBe('path')
  })

  it('checks what a key brings, too', () => {
    const file = fileOn(mac, '-Users-me-x/s.jsonl', null)
    const stream = { ...streamOf(file), rest: '../../../.ssh/authorized_keys' }
    const place = (path: string) => placeInFormat(formatNamed('claude'), path)
    expect(localPath({ stream, files: [file], here: box, map: emptyProjectMap, place })).toMatchObject(
      refused('unsafe'),
    )
  })

  it('refuses a path that another stream has here', () => {
    const file = fileOn(mac, '-Users-me-x/s.jsonl', null)
    const own = streamOf(file).key
    expect(locate([file], box, emptyProjectMap, { occupant: () => 'other' })).toMatchObject(
      refused('ambiguous'),
    )
    expect(locate([file], box, emptyProjectMap, { occupant: () => own }).kind).toBe('path')
  })
})
