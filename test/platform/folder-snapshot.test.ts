import { describe, expect, it } from 'vitest'
import type { FileStat, Files, FileType } from '../../src/engine/ports/files.js'
import { FileError } from '../../src/engine/ports/files.js'
import type { Snapshot, SnapshotLimits } from '../../src/platform/folder-snapshot.js'
import { takeSnapshot } from '../../src/platform/folder-snapshot.js'

type Tree = { readonly [name: string]: Tree | string }

/** A tree of folders; a file is what tells its states apart: `ino size mtime`. */
function filesOf(tree: Tree | string, closed: ReadonlySet<string> = new Set()): Files {
  const find = (path: string) => {
    if (closed.has(path)) throw new FileError('EACCES', path)
    let at: Tree | string | undefined = { r: tree }
    for (const name of path.split('/').slice(1)) at = typeof at === 'object' ? at[name] : undefined
    return at
  }
  const typeOf = (found: Tree | string): FileType =>
    typeof found === 'object' ? 'directory' : found === 'link' ? 'link' : 'file'
  return {
    list: (path) => {
      const found = find(path)
      if (typeof found !== 'object') return undefined
      const names = Object.keys(found).toSorted()
      return { entries: names.map((name) => ({ name, type: typeOf(found[name]!) })), unrepresentable: [] }
    },
    stat: (path): FileStat | undefined => {
      const found = find(path)
      if (typeof found !== 'string') return undefined
      const [ino = 0, size = 0, mtimeMs = 0] = found.split(' ').map(Number)
      return { type: 'file', size, mtimeMs, mode: 0o600, identity: { dev: 1, ino, birthMs: 0 } }
    },
    open: () => undefined,
  }
}

function look(files: Files, last: Snapshot = new Map(), bounds?: SnapshotLimits) {
  const changes: string[] = []
  const steps = takeSnapshot(files, '/r', last, (path) => changes.push(path), bounds)
  let count = 0
  for (;;) {
    const step = steps.next()
    if (step.done) return { changes: changes.toSorted(), snapshot: step.value, steps: count }
    count += 1
  }
}

const before: Tree = { a: '1 10 100', d: { b: '2 10 100', e: { c: '3 10 100' } }, l: 'link' }

describe('takeSnapshot', () => {
  const { snapshot } = look(filesOf(before))
  const changesTo = (tree: Tree, closed?: ReadonlySet<string>) =>
    look(filesOf(tree, closed), snapshot).changes

  it.each<[string, Tree, string[]]>([
    ['nothing', before, []],
    ['a file that grew', { ...before, a: '1 11 100' }, ['/r/a']],
    ['a file of another time', { ...before, a: '1 10 101' }, ['/r/a']],
    ['a file that was replaced', { ...before, a: '9 10 100' }, ['/r/a']],
    ['a new file', { ...before, n: '4 1 1' }, ['/r/n']],
    ['a missing file', { d: before['d']!, l: 'link' }, ['/r/a']],
    ['a deep file', { ...before, d: { b: '2 10 100', e: { c: '3 20 100' } } }, ['/r/d/e/c']],
    ['a new folder', { ...before, n: { m: { x: '4 1 1' }, y: '5 1 1' } }, ['/r/n']],
    ['a missing folder', { a: '1 10 100', l: 'link' }, ['/r/d']],
    ['a file in place of a folder', { ...before, d: '6 1 1' }, ['/r/d', '/r/d']],
    ['a link in place of a file', { ...before, a: 'link' }, ['/r/a']],
    ['another link', { ...before, m: 'link' }, []],
  ])('tells of %s', (_, after, changes) => {
    expect(changesTo(after)).toEqual(changes)
  })

  it('tells of the root alone when it goes or comes', () => {
    const away = filesOf('a file')
    const after = look(away, snapshot)
    expect(after.changes).toEqual(['/r'])
    expect(look(away, after.snapshot).changes).toEqual([])
    expect(look(filesOf(before), after.snapshot).changes).toEqual(['/r'])
  })

  it('takes what it may not read as unchanged, and compares once it may again', () => {
    const grown: Tree = { ...before, a: '1 11 100', d: { b: '2 11 100', e: { c: '3 11 100' } } }
    for (const closed of ['/r', '/r/d', '/r/a']) {
      const blocked = look(filesOf(grown, new Set([closed])), snapshot)
      const later = look(filesOf(grown), blocked.snapshot)
      expect([...blocked.changes, ...later.changes].toSorted()).toEqual(['/r/a', '/r/d/b', '/r/d/e/c'])
      expect(blocked.changes.some((path) => path.startsWith(closed))).toBe(false)
    }
  })

  it('is bounded in depth and number', () => {
    const deep: Tree = { 1: { 2: { 3: { x: '1 1 1' } } } }
    const shallow = { rootMaxFiles: 100, rootMaxDepth: 2 }
    expect([...look(filesOf(deep), new Map(), shallow).snapshot.keys()]).toEqual(['/r', '/r/1', '/r/1/2'])
    const many: Tree = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, '1 1 1']))
    const few = { rootMaxFiles: 10, rootMaxDepth: 2 }
    expect(look(filesOf(many), new Map(), few).snapshot.get('/r')?.size).toBe(10)
  })

  it('yields at every file and folder', () => {
    expect(look(filesOf(before)).steps).toBe(6)
  })
})
