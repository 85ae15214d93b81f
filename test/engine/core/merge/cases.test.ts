import { describe, expect, it } from 'vitest'
import { planResolution, planUndo } from '../../../../src/engine/core/merge/resolution.js'
import type { StreamEvent } from '../../../../src/engine/core/merge/types.js'
import { bytesOf, hands, read, shown, shownTo, told } from './case.js'
import { formats } from './formats.js'
import { viewOf } from './laws.js'

const { tree, ordered, rewriting, records } = formats
const id = (name: string, more = ''): string => `{"uuid":"${name}"${more}}\n`

/** The open conflict of a stream. */
function openOf(
  all: readonly StreamEvent[],
  format = tree,
): ReturnType<ReturnType<typeof viewOf>['conflicts']>[number] {
  const open = viewOf(format, all)
    .conflicts()
    .find(({ status }) => status === 'open')
  if (!open) throw new Error('nothing is open')
  return open
}

describe('copies from before Holdfast', () => {
  it.each([
    ['equal', 'ab', ['ab']],
    ['in other extents', 'ab', ['a', 'b']],
    ['older', 'ab', ['a']],
    ['half a line', 'ab', ['a', '{"uu']],
    ['half of the first line', 'ab', ['{"u']],
  ])('%s: no conflict, merely behind', (_, first, second) => {
    const { a, b, all } = hands()
    a.append(
      first
        .split('')
        .map((name) => id(name))
        .join(''),
    )
    for (const part of second)
      b.append(
        part.startsWith('{')
          ? part
          : part
              .split('')
              .map((name) => id(name))
              .join(''),
      )
    expect(told(tree, all)).toEqual([])
    expect(told(ordered, all)).toEqual([])
    for (const format of [tree, ordered]) {
      expect(shownTo(viewOf(format, all), 'B')).toBe(id('a') + id('b'))
      expect(shownTo(viewOf(format, all), 'A')).toBe(id('a') + id('b'))
    }
  })

  it('a branch’s own repeats all stay', () => {
    const { a, b, all } = hands()
    a.append('{}\n{}\n{}\n')
    b.append('{}\n{}\n')
    expect(shown(tree, all)).toBe('{}\n{}\n{}\n')
    expect(told(tree, all)).toEqual([])
  })

  it('texts that share nothing are not merged unasked', () => {
    const { a, b, all } = hands()
    a.append(id('a'))
    b.append(id('b'))
    expect(shown(records, all)).toBe(id('a'))
    expect(shownTo(viewOf(records, all), 'B')).toBe(id('b'))
    expect(told(records, all)).toEqual(['unrelated open 1|1'])
    const view = viewOf(records, all)
    b.resolve(planResolution(view, 's', 'records', openOf(all, records), { choice: 'union' }).body)
    expect(shown(records, all)).toBe(id('a') + id('b'))
    expect(told(records, all).filter((text) => text.includes('open'))).toEqual([])
  })
})

describe('two hosts continued one session', () => {
  function forked(): ReturnType<typeof hands> {
    const all = hands()
    const first = all.a.append(id('m'))
    all.b.written(0, [{ log: first.log, offset: 0, from: 0, length: 13 }], [first])
    all.a.append(id('x'))
    all.b.append(id('y'), [first])
    return all
  }

  it('a union where records name their parents, branches apart where order counts', () => {
    const { all } = forked()
    expect(shown(tree, all)).toBe(id('m') + id('x') + id('y'))
    expect(shown(ordered, all)).toBe(id('m') + id('x'))
    expect(shownTo(viewOf(ordered, all), 'B')).toBe(id('m') + id('y'))
    expect(shownTo(viewOf(ordered, all), 'C')).toBe(id('m') + id('x'))
    expect(told(tree, all)).toEqual(['fork open 1|1'])
    expect(told(ordered, all)).toEqual(['fork open 1|1'])
  })

  it('the id stays while the branches grow and when it is merged or resolved', () => {
    const { a, b, all } = forked()
    const { id: before } = openOf(all)
    const x = a.append(id('x2'))
    expect(openOf(all).id).toBe(before)
    const heads = viewOf(tree, all).heads()
    a.append(id('z'), heads)
    expect(told(tree, all)).toEqual(['fork merged 2|1'])
    expect(viewOf(tree, all).conflicts()[0]?.id).toBe(before)
    b.resolve({
      kind: 'resolve',
      stream: 's',
      heads: viewOf(tree, all).heads(),
      pieces: viewOf(tree, all).view().text.slice(),
      choice: 'union',
    })
    expect(told(tree, all)).toEqual(['fork resolved 2|1'])
    expect(x.offset).toBe(2)
  })

  it.each([
    ['tree', tree],
    ['ordered', ordered],
  ] as const)('%s: keep drops what it covers, undoing brings it back', (_, format) => {
    const { c, all } = forked()
    const conflict = openOf(all, format)
    const [, second] = conflict.branches
    if (!second) throw new Error('one branch')
    const plan = planResolution(viewOf(format, all), 's', format.shape, conflict, {
      choice: 'keep',
      head: second.head,
    })
    const ref = c.resolve(plan.body)
    expect(shown(format, all)).toBe(id('m') + id('y'))
    expect(told(format, all)).toEqual(['fork resolved 1|1'])
    for (const host of ['A', 'B', 'C']) expect(shownTo(viewOf(format, all), host)).toBe(id('m') + id('y'))
    const undo = c.resolve(planUndo('s', [ref]))
    expect(told(format, all)).toEqual(['fork open 1|1'])
    expect(openOf(all, format).id).toBe(conflict.id)
    expect(openOf(all, format).resolutions).toMatchObject([{ choice: 'keep', undone: true }])
    c.resolve(planUndo('s', [undo]))
    expect(told(format, all)).toEqual(['fork resolved 1|1'])
  })

  it('a union that is undone leaves the branches as they were', () => {
    const { c, all } = forked()
    const conflict = openOf(all)
    const { body } = planResolution(viewOf(tree, all), 's', 'tree', conflict, { choice: 'union' })
    const ref = c.resolve(body)
    expect(told(tree, all)).toEqual(['fork resolved 1|1'])
    const undo = c.resolve(planUndo('s', [ref]))
    expect(told(tree, all)).toEqual(['fork open 1|1'])
    expect(openOf(all).id).toBe(conflict.id)
    c.resolve(planUndo('s', [undo]))
    expect(told(tree, all)).toEqual(['fork resolved 1|1'])
  })

  it.each(['union', 'keep'] as const)(
    'what is decided otherwise after an undone union can be undone too: %s',
    (choice) => {
      const { c, all } = forked()
      const conflict = openOf(all)
      const first = planResolution(viewOf(tree, all), 's', 'tree', conflict, { choice: 'union' })
      c.resolve(planUndo('s', [c.resolve(first.body)]))
      const head = conflict.branches[0]?.head
      if (!head) throw new Error('no branch')
      const how = choice === 'keep' ? ({ choice, head } as const) : ({ choice } as const)
      const second = c.resolve(planResolution(viewOf(tree, all), 's', 'tree', openOf(all), how).body)
      expect(told(tree, all)).toEqual(['fork resolved 1|1'])
      c.resolve(planUndo('s', [second]))
      expect(told(tree, all)).toEqual(['fork open 1|1'])
    },
  )

  it('a record that comes later and was not covered brings its branch back', () => {
    const { b, c, all } = forked()
    const conflict = openOf(all)
    const [first] = conflict.branches
    if (!first) throw new Error('no branch')
    c.resolve(
      planResolution(viewOf(tree, all), 's', 'tree', conflict, { choice: 'keep', head: first.head }).body,
    )
    expect(shown(tree, all)).toBe(id('m') + id('x'))
    b.append(id('y2'))
    expect(shown(tree, all)).toBe(id('m') + id('x') + id('y') + id('y2'))
    expect(openOf(all).id).toBe(conflict.id)
  })

  it('hosts that resolve differently converge, lose nothing, and are told', () => {
    const { a, b, all } = forked()
    const conflict = openOf(all)
    const plans = conflict.branches.map(({ head }) =>
      planResolution(viewOf(tree, all), 's', 'tree', conflict, { choice: 'keep', head }),
    )
    a.resolve(plans[0]!.body)
    b.resolve(plans[1]!.body)
    expect(shown(tree, all)).toBe(id('m') + id('x') + id('y'))
    expect(openOf(all)).toMatchObject({ id: conflict.id, kind: 'resolutions' })
  })

  it('split keeps one branch here and gives the others as texts that stand alone', () => {
    const { c, all } = forked()
    const conflict = openOf(all, ordered)
    const view = viewOf(ordered, all)
    const head = conflict.branches[0]!.head
    const plan = planResolution(view, 's', 'ordered', conflict, { choice: 'split', head })
    expect(plan.leaving.map(({ text }) => read(view, text))).toEqual([id('m') + id('y')])
    c.resolve(plan.body)
    expect(shown(ordered, all)).toBe(id('m') + id('x'))
    expect(() => planResolution(view, 's', 'ordered', conflict, { choice: 'union' })).toThrow(
      'depends on its order',
    )
  })

  it('an agent that had the older file in memory forks as well', () => {
    const { a, b, all } = hands()
    const m = a.append(id('m'))
    b.written(0, [{ log: m.log, offset: 0, from: 0, length: 13 }], [m])
    b.append(id('y'), [m])
    const x = a.append(id('x'))
    b.written(26, [{ log: x.log, offset: 1, from: 0, length: 13 }], [x])
    b.append(id('z'))
    expect(told(tree, all)).toEqual(['fork open 2|1'])
    expect(told(ordered, all)).toEqual(['fork open 2|1'])
  })

  it('one id with different bytes', () => {
    const { a, b, all } = hands()
    a.append(id('m') + id('n', ',"v":1'))
    b.append(id('m') + id('n', ',"v":2'))
    expect(openOf(all)).toMatchObject({ kind: 'id-clash', clashes: ['n'] })
  })
})

describe('resets', () => {
  it('one that loses records is a fork: others keep what they have, the host its own', () => {
    const { a, all } = hands()
    a.append(id('m') + id('x') + id('y'))
    a.reset(13)
    expect(told(tree, all)).toEqual(['rewrite open 2|0'])
    a.append(id('n'))
    expect(shown(tree, all)).toBe(id('m') + id('x') + id('y') + id('n'))
    expect(shownTo(viewOf(tree, all), 'A')).toBe(id('m') + id('n'))
    expect(shown(ordered, all)).toBe(id('m') + id('x') + id('y'))
    expect(shownTo(viewOf(ordered, all), 'A')).toBe(id('m') + id('n'))
    expect(told(tree, all)).toEqual(['rewrite open 2|1'])
  })

  it('one that keeps every record flows', () => {
    const { a, all } = hands()
    a.append(id('m') + id('x'))
    a.reset(5)
    a.append(id('m').slice(5) + id('x') + id('y'))
    expect(told(tree, all)).toEqual([])
    expect(shown(ordered, all)).toBe(id('m') + id('x') + id('y'))
  })

  it('NULs stay in the branch', () => {
    const { a, all } = hands()
    a.append(id('m') + id('x'))
    a.reset(13)
    a.append(`\0\0\0\n${id('n')}`)
    expect(shown(tree, all)).toBe(id('m') + id('x') + id('n'))
    expect(shownTo(viewOf(tree, all), 'A')).toBe(id('m') + id('n'))
    expect(openOf(all).branches[1]).toMatchObject({ records: 2, malformed: 1, dropped: 1 })
  })

  it('a format that rewrites as a matter of course flows, unless what it wrote is broken or another’s is gone', () => {
    const { a, b, all } = hands()
    a.append('{"sessionId":"s","n":1}\n{"id":"1"}\n')
    a.reset(0)
    a.append('{"sessionId":"s","n":2}\n{"id":"1"}\n{"id":"2"}\n')
    expect(told(rewriting, all)).toEqual([])
    expect(shown(rewriting, all)).toBe('{"sessionId":"s","n":2}\n{"id":"1"}\n{"id":"2"}\n')
    a.reset(0)
    a.append('{"sessi')
    expect(told(rewriting, all)).toEqual(['rewrite open 3|0'])
    a.append('onId":"s","n":3}\n')
    expect(told(rewriting, all)).toEqual([])
    const heads = viewOf(rewriting, all).heads()
    const text = viewOf(rewriting, all).view().text
    b.written(0, text.slice(), heads)
    const own = b.append('{"id":"b"}\n', heads)
    a.written(text.length, [{ log: own.log, offset: own.offset, from: 0, length: 11 }], [own])
    a.reset(0)
    a.append('{"sessionId":"s","n":4}\n')
    expect(told(rewriting, all)).toEqual(['rewrite open 2|1'])
  })
})

describe('files that go', () => {
  it('a removal stays with its host; what another host adds meanwhile is told', () => {
    const { a, b, all } = hands()
    const m = a.append(id('m'))
    b.written(0, [{ log: m.log, offset: 0, from: 0, length: 13 }], [m])
    a.remove()
    expect(told(tree, all)).toEqual([])
    expect(shown(tree, all)).toBe(id('m'))
    expect(shownTo(viewOf(tree, all), 'A')).toBeNull()
    expect(shownTo(viewOf(tree, all), 'B')).toBe(id('m'))
    b.append(id('y'), [m])
    expect(told(tree, all)).toEqual(['remove open 0|1'])
  })

  it('a rotation begins another text under the name, and mirrors follow', () => {
    const { a, b, all } = hands()
    const m = a.append(id('m'))
    b.written(0, [{ log: m.log, offset: 0, from: 0, length: 13 }], [m])
    a.move()
    expect(viewOf(records, all).view().state).toBe('moved')
    a.append(id('n'))
    expect(shown(records, all)).toBe(id('n'))
    expect(shownTo(viewOf(records, all), 'B')).toBe(id('n'))
    expect(told(records, all)).toEqual([])
  })
})

describe('logs and streams that go on from others', () => {
  it('a new log of the host continues the old one, also in the middle of a line', () => {
    const { a, b, all } = hands()
    a.append(`${id('m')}{"uu`)
    b.base(a, 17)
    b.append(id('x').slice(4))
    expect(shown(tree, all)).toBe(id('m') + id('x'))
    expect(told(tree, all)).toEqual([])
  })

  it('content of another stream is referred to by its own events', () => {
    const { a, b, all } = hands()
    a.foreignBase('log-other', id('m'))
    a.append(id('x'))
    const view = viewOf(tree, all)
    expect(view.view().text.slice()[0]).toEqual({ log: 'log-other', offset: 0, from: 0, length: 13 })
    const heads = view.heads()
    b.written(0, view.view().text.slice(), heads)
    b.append(id('y'), heads)
    expect(shown(tree, all)).toBe(id('m') + id('x') + id('y'))
    expect(viewOf(tree, all).waiting()).toEqual([])
  })
})

describe('what is missing', () => {
  it('an event whose parent is missing waits, and is told', () => {
    const { a, b, all } = hands()
    const m = a.append(id('m'))
    b.append(id('m') + id('y'), [m])
    const late = all.slice(1)
    const view = viewOf(tree, late)
    expect(view.waiting()).toEqual([{ log: 'log-B', offset: 0, missing: 'log-A:0' }])
    expect(view.view().text.length).toBe(0)
    view.add(all[0]!)
    expect(view.waiting()).toEqual([])
    expect(read(view, view.view().text)).toBe(id('m') + id('m') + id('y'))
  })

  it('another event under a parent’s name is not the parent', () => {
    const { a, b, all } = hands()
    const m = a.append(id('m'))
    b.append(id('y'), [{ ...m, digest: '0'.repeat(16) }])
    expect(viewOf(tree, all).waiting()).toEqual([{ log: 'log-B', offset: 0, missing: 'log-A:0' }])
  })

  it('past a stub the view goes on, marked, and its filler makes it whole', () => {
    const { a, all } = hands()
    a.append(`${id('m')}{"uui`)
    a.withheld(3)
    a.append(`":"x"}\n${id('n')}`)
    const view = viewOf(tree, all)
    expect(view.view().incomplete).toBe(true)
    expect(read(view, view.view().text)).toBe(id('m') + id('n'))
    const stub = all[1]!
    const body = { ...stub.event.body, bytes: bytesOf('d"x') } as StreamEvent['event']['body']
    view.add({ event: { ...stub.event, body }, digest: stub.digest, host: stub.host })
    expect(view.view().incomplete).toBe(false)
    expect(read(view, view.view().text)).toBe(`${id('m')}{"uuid"x":"x"}\n${id('n')}`)
  })
})
