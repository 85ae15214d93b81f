import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildProjectMap, mappingsOn, type Alias } from '../../../src/engine/core/project-map.js'

const alias = (ms: number, project: string, path: string | null, host: string | null = null): Alias => ({
  project,
  path,
  host,
  time: { ms, counter: 0 },
  log: 'l1',
  offset: ms,
  by: 'h0',
})
const same = (log: string, offset: number, project: string): Alias => ({
  ...alias(1, project, '/x'),
  log,
  offset,
})
const names = (aliases: Alias[], host: string) =>
  mappingsOn(buildProjectMap(aliases), host).map((mapping) => `${mapping.path}=${mapping.project}`)

describe('buildProjectMap', () => {
  it('lets the last word on a folder win, by time and not by arrival', () => {
    expect(names([alias(2, 'new', '/x'), alias(1, 'old', '/x')], 'a')).toEqual(['/x=new'])
    expect(names([alias(1, 'old', '/x/'), alias(2, 'new', '/x')], 'a')).toEqual(['/x=new'])
  })

  it('breaks equal times by log, then by offset', () => {
    expect(names([same('l2', 0, 'b'), same('l1', 9, 'a')], 'a')).toEqual(['/x=b'])
    expect(names([same('l1', 10, 'b'), same('l1', 9, 'a')], 'a')).toEqual(['/x=b'])
  })

  it('shows a host its own folders and those of every host', () => {
    const aliases = [alias(1, 'home', '/mac', 'a'), alias(2, 'home', '/pod', 'b'), alias(3, 'all', '/all')]
    expect(names(aliases, 'a')).toEqual(['/mac=home', '/all=all'])
    expect(names(aliases, 'b')).toEqual(['/pod=home', '/all=all'])
    expect(names(aliases, 'c')).toEqual(['/all=all'])
  })

  it('unmaps on one host, or on every host', () => {
    const mapped = [alias(1, 'p', '/x', 'a'), alias(2, 'p', '/y'), alias(3, 'q', '/z', 'a')]
    expect(names([...mapped, alias(4, 'p', null, 'a')], 'a')).toEqual(['/z=q'])
    expect(names([...mapped, alias(4, 'p', null, 'a')], 'b')).toEqual(['/y=p'])
    expect(names([...mapped, alias(4, 'p', null)], 'a')).toEqual(['/z=q'])
    expect(names([...mapped, alias(4, 'p', null), alias(5, 'p', '/w', 'a')], 'a')).toEqual(['/z=q', '/w=p'])
  })

  it('is the same for every order of arrival, and for aliases that arrive twice', () => {
    const arbitrary = fc.record({
      project: fc.constantFrom('p', 'q'),
      path: fc.constantFrom('/x', '/y', '~/x', null),
      host: fc.constantFrom('a', 'b', null),
      time: fc.record({ ms: fc.nat(3), counter: fc.nat(1) }),
      by: fc.constant('a'),
      log: fc.constantFrom('l1', 'l2'),
      offset: fc.nat(20),
    })
    const distinct = fc.uniqueArray(arbitrary, { selector: (a) => `${a.log}:${a.offset}`, maxLength: 12 })
    fc.assert(
      fc.property(
        distinct.chain((aliases) =>
          fc.tuple(
            fc.constant(aliases),
            fc.shuffledSubarray(aliases, { minLength: aliases.length }),
            fc.subarray(aliases),
          ),
        ),
        ([aliases, shuffled, again]) => {
          const [first, second] = [buildProjectMap(aliases), buildProjectMap([...shuffled, ...again])]
          expect(second).toEqual(first)
          expect([...second.hosts.keys()]).toEqual([...first.hosts.keys()])
        },
      ),
    )
  })
})
