import { describe, expect, it } from 'vitest'
import { mergeRules, mergeRulesVersion } from '../../../../src/engine/core/merge/rules.js'
import { hands, shown, shownTo, told } from './case.js'
import { formats } from './formats.js'
import { viewOf } from './laws.js'

const { tree, whole, records } = formats
const id = (name: string, more = ''): string => `{"uuid":"${name}"${more}}\n`

describe('whole files', () => {
  it('every concurrent value is kept, the latest shows', () => {
    const { a, b, all } = hands()
    a.value('[1]')
    b.value('[2]')
    expect(shown(whole, all)).toBe('[2]')
    expect(told(whole, all)).toEqual(['values open 1|1'])
    a.value('[2]')
    expect(told(whole, all)).toEqual([])
  })

  it('a value that is no value follows nothing and is not shown', () => {
    const { a, all } = hands()
    a.value('[1]')
    a.value('\0\0')
    expect(shown(whole, all)).toBe('[1]')
    a.value('[3]')
    expect(shown(whole, all)).toBe('[3]')
    expect(told(whole, all)).toEqual([])
  })
})

describe('lines and tails', () => {
  it('a tail is not given to others; a newline ends it where another’s bytes follow', () => {
    const { a, b, all } = hands()
    const m = a.append(id('m'))
    b.written(0, [{ log: m.log, offset: 0, from: 0, length: 13 }], [m])
    const torn = a.append('{"torn')
    expect(shown(tree, all)).toBe(`${id('m')}{"torn`)
    expect(viewOf(tree, all).view().tails).toMatchObject([{ host: 'A', length: 6 }])
    expect(shownTo(viewOf(tree, all), 'B')).toBe(id('m'))
    b.append(id('y'), [torn])
    expect(shownTo(viewOf(tree, all), 'A')).toBe(`${id('m')}{"torn\n${id('y')}`)
    expect(shownTo(viewOf(tree, all), 'B')).toBe(id('m') + id('y'))
    expect(told(tree, all)).toEqual([])
  })

  it('of last-wins lines the one that a branch ends with counts', () => {
    const { a, b, all } = hands()
    const mode = (name: string): string => `{"type":"mode","mode":"${name}"}\n`
    const m = a.append(id('m'))
    b.written(0, [{ log: m.log, offset: 0, from: 0, length: 13 }], [m])
    b.append(mode('x') + id('b'), [m])
    a.append(mode('y'))
    a.append(mode('x') + id('n'))
    expect(shown(tree, all)).toBe(id('m') + id('b') + mode('y') + mode('x') + id('n'))
    expect(shown(records, all)).toBe(id('m') + mode('x') + id('b') + mode('y') + id('n'))
  })
})

it('released rules stay by their version', () => {
  expect(mergeRules().version).toBe(mergeRulesVersion)
  expect(mergeRules(1).createStreamView(tree).heads()).toEqual([])
  expect(() => mergeRules(99)).toThrow('unknown here')
})
