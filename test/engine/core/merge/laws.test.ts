import { afterEach, describe, expect, it, vi } from 'vitest'
import { StreamGraph } from '../../../../src/engine/core/merge/graph.js'
import { ItemTable } from '../../../../src/engine/core/merge/items.js'
import { Tips } from '../../../../src/engine/core/merge/tips.js'
import { checkHistory, type Temper } from './check-history.js'
import { formatNames } from './formats.js'

const each = 40

describe.each(formatNames)('laws of merging: %s', (name) => {
  it.each<Temper>(['tame', 'wild'])(`hold on ${each} %s histories`, (temper) => {
    for (let seed = 0; seed < each; seed++) checkHistory(name, temper, seed)
  })
})

describe('laws of merging: undoing', () => {
  it('hold where resolutions are undone and undoings are undone', () => {
    for (let seed = 0; seed < each; seed++) checkHistory('tree', 'undoing', seed)
  })
})

describe('histories that once broke a law', () => {
  it.each<[Parameters<typeof checkHistory>[0], Temper, number, string]>([
    ['tree', 'wild', 2715, 'a line that a resolution put together, in a later one'],
    ['tree', 'wild', 8429, 'a mirror that goes over to an unrelated text'],
    ['tree', 'wild', 100_778, 'a hidden record brought again, asked only afterwards'],
    ['records', 'wild', 2209, 'an ended tail below a cut'],
    ['ordered', 'wild', 2163, 'a branch that begins with a line no event brought after its text'],
    ['rewriting', 'wild', 3584, 'a lossy reset after a stale append'],
    ['rewriting', 'wild', 8129, 'a rewrite that drops what only a resolution of its host names'],
    ['tree', 'tame', 5885, 'two merges of branches that begin alike'],
  ])('%s %s %i: %s', (name, temper, seed) => checkHistory(name, temper, seed))
})

describe('a planted bug is caught', () => {
  afterEach(() => void vi.restoreAllMocks())

  const breaks = (): boolean => {
    for (let seed = 0; seed < each; seed++) {
      try {
        checkHistory('tree', 'tame', seed)
      } catch {
        return true
      }
    }
    return false
  }

  it('in the order: keys by arrival', () => {
    let arrived = 0
    const addNode = Reflect.get(StreamGraph.prototype, 'addNode')
    vi.spyOn(StreamGraph.prototype, 'addNode').mockImplementation(function (
      this: StreamGraph,
      source,
      chain,
      parts,
    ) {
      return addNode.call(this, source, chain, { ...parts, key: { ms: arrived++, counter: 0 } })
    })
    expect(breaks()).toBe(true)
  })

  it('in the order: the time alone, without the parents', () => {
    const addNode = Reflect.get(StreamGraph.prototype, 'addNode')
    vi.spyOn(StreamGraph.prototype, 'addNode').mockImplementation(function (
      this: StreamGraph,
      source,
      chain,
      parts,
    ) {
      return addNode.call(this, source, chain, { ...parts, key: source.event.time })
    })
    expect(() => {
      for (let seed = 0; seed < 2 * each; seed++) checkHistory('tree', 'wild', seed)
    }).toThrow('breaks a law')
  })

  it('in the sharing: equal bytes are one record, however often one branch wrote them', () => {
    vi.spyOn(ItemTable.prototype, 'byOccurrence').mockImplementation(function (this: ItemTable, content) {
      return this.occurrence(content, 0)
    })
    expect(() => {
      for (let seed = 0; seed < each; seed++) checkHistory('tree', 'wild', seed)
    }).toThrow('breaks a law')
  })

  it('in the sharing: nothing is shared', () => {
    vi.spyOn(ItemTable.prototype, 'byOccurrence').mockImplementation(function (this: ItemTable, content) {
      return this.occurrence(content, content.items.length)
    })
    expect(breaks()).toBe(true)
  })

  it('in the absorption: equal and older copies are branches', () => {
    vi.spyOn(Tips.prototype, 'isBehind').mockReturnValue(false)
    expect(breaks()).toBe(true)
  })

  it('in the absorption: whatever is concurrent is behind', () => {
    vi.spyOn(Tips.prototype, 'isBehind').mockReturnValue(true)
    expect(breaks()).toBe(true)
  })
})
