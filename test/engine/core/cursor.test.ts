import { describe, expect, it } from 'vitest'
import { cursorId } from '../../../src/engine/core/cursor.js'

describe('cursorId', () => {
  it('tells root and path apart, whatever they hold', () => {
    const ids = [
      cursorId({ root: 'a', path: 'b/c' }),
      cursorId({ root: 'a/b', path: 'c' }),
      cursorId({ root: 'ab', path: '/c' }),
      cursorId({ root: 'a', path: 'b' }),
    ]
    expect(new Set(ids).size).toBe(ids.length)
    expect(cursorId({ root: 'a', path: 'b' })).toBe('a\0b')
  })
})
