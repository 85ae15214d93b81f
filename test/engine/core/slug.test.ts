import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutSlug, slugMatches, slugOf, wholeSlug } from '../../../src/engine/core/slug.js'

describe('slugOf', () => {
  it.each([
    ['/home/tca/eon-nt', '-home-tca-eon-nt'],
    ['/Users/me/code/.worktrees/1', '-Users-me-code--worktrees-1'],
    ['/a/b_c d', '-a-b-c-d'],
    ['/home/tca/', '-home-tca'],
    ['/', '-'],
    ['C:\\Users\\me\\x', 'C--Users-me-x'],
    ['C:/Users/me/x', 'C--Users-me-x'],
    // Decomposed and composed spellings of é are one character after NFC, an emoji is two UTF-16 units.
    ['/caf\u0065\u0301', '-caf-'],
    ['/caf\u00e9', '-caf-'],
    ['/😀', '---'],
  ])('%s → %s', (path, slug) => {
    expect(slugOf(path)).toBe(slug)
  })

  it('keeps 200 characters whole and cuts 201', () => {
    const path = `/${'x'.repeat(199)}`
    expect(slugOf(path)).toBe(`-${'x'.repeat(199)}`)
    expect(slugOf(`${path}y`)).toMatch(new RegExp(`^-x{199}-[0-9a-z]+$`))
  })

  it('gives long paths that begin alike different names', () => {
    const head = `/${'x'.repeat(220)}`
    expect(slugOf(`${head}a`)).not.toBe(slugOf(`${head}b`))
  })
})

describe('slugMatches', () => {
  it('is lossy as the slug is', () => {
    expect(slugMatches('-a-b-c', '/a/b-c')).toBe(true)
    expect(slugMatches('-a-b-c', '/a/b/c')).toBe(true)
    expect(slugMatches('-a-b-c', '/a/b')).toBe(false)
    expect(slugMatches('-a-b', '/a/b/c')).toBe(false)
  })

  it('accepts any client’s hash on a cut slug, and a client that does not cut', () => {
    const path = `/${'x'.repeat(250)}`
    const kept = wholeSlug(path).slice(0, 200)
    expect(slugMatches(`${kept}-1k2j3h`, path)).toBe(true)
    expect(slugMatches(wholeSlug(path), path)).toBe(true)
    expect(slugMatches(kept, path)).toBe(false)
    expect(slugMatches(`${kept}-not-a-hash`, path)).toBe(false)
    expect(slugMatches(`-y${kept.slice(2)}-1k2j3h`, path)).toBe(false)
  })

  it('takes no short path for a cut one', () => {
    const path = `/${'x'.repeat(199)}`
    expect(slugMatches(`${wholeSlug(path)}-abc`, path)).toBe(false)
  })

  it('ignores case for Windows paths only', () => {
    expect(slugMatches('c--Users-me', 'C:\\Users\\me')).toBe(true)
    expect(slugMatches('-home-Me', '/home/me')).toBe(false)
  })

  it('matches the slug of every path', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1, maxLength: 60 }), { maxLength: 8 }), (segments) => {
        const path = `/${segments.join('/')}`
        expect(slugMatches(slugOf(path), path)).toBe(true)
        expect(slugOf(path)).toMatch(/^[a-zA-Z0-9-]+$/)
        expect(slugOf(path).length).toBeLessThanOrEqual(208)
      }),
    )
  })
})

describe('cutSlug', () => {
  it('is null for what was not cut', () => {
    expect(cutSlug('-home-me')).toBeNull()
    expect(cutSlug('x'.repeat(200))).toBeNull()
    expect(cutSlug(`${'x'.repeat(200)}-9z`)).toBe('x'.repeat(200))
  })
})
