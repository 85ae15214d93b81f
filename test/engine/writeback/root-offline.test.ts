import { describe, expect, it } from 'vitest'
import { Problems } from '../../../src/engine/record/problems.js'
import type { WatchedRoot } from '../../../src/engine/record/watched-root.js'
import { isRootOffline } from '../../../src/engine/writeback/root-offline.js'

const root = { name: 'claude', base: '/r' } as WatchedRoot

/** A root of which these files are known, in these states, and these paths are on the disk. */
function ask(known: readonly string[], there: readonly string[], problems = new Problems(), state = 'live') {
  const cursors = { all: () => known.map((path) => ({ state, facts: { root: root.name, path } })) }
  const stat = (path: string) =>
    there.includes(path) ? { type: path === root.base ? 'directory' : 'file' } : undefined
  const tools = { cursors, files: { stat }, problems }
  return isRootOffline(tools as unknown as Parameters<typeof isRootOffline>[0], root)
}

describe('isRootOffline', () => {
  it('is so where the root is gone, or all that was known of it', () => {
    expect(ask(['a', 'b'], ['/r'])).toBe(true)
    expect(ask(['a'], [])).toBe(true)
  })

  it('is not so where a known file is there, or hardly any was known', () => {
    expect(ask(['a', 'b'], ['/r', '/r/b'])).toBe(false)
    expect(ask(['a'], ['/r'])).toBe(false)
    expect(ask([], [])).toBe(false)
    expect(ask(['a', 'b'], ['/r'], new Problems(), 'gone')).toBe(false)
  })

  it('is so while the recorder can’t list it', () => {
    const problems = new Problems()
    problems.set({ code: 'unreadable', root: root.name, path: '', message: 'no' })
    expect(ask(['a'], ['/r', '/r/a'], problems)).toBe(true)
  })
})
