import { describe, expect, it } from 'vitest'
import { commonBytes, textDifference } from '../../../src/engine/conflicts/difference.js'
import { conflictLines } from '../../../src/engine/conflicts/own-lines.js'
import { headName, planChoice, possibleChoices } from '../../../src/engine/conflicts/plan.js'
import type { ResolveBody } from '../../../src/engine/core/event.js'
import type { StreamView } from '../../../src/engine/core/merge/stream-view.js'
import type { Conflict, StreamEvent, StreamText } from '../../../src/engine/core/merge/types.js'
import type { Stream } from '../../../src/engine/core/stream.js'
import { createHasher } from '../../../src/platform/node-hasher.js'
import { makeHistory } from '../../fixtures-gen/histories.js'
import { formats, formatNames, type FormatName } from '../core/merge/formats.js'
import { viewOf } from '../core/merge/laws.js'

const hasher = await createHasher()
const reading = { format: 'claude', clashes: [] }
const seeds = 12

const stream: Stream = {
  key: 's',
  root: 'claude',
  format: 'lines',
  project: '',
  folder: '',
  session: 's',
  rest: 's.jsonl',
}

function histories(name: FormatName, wild: boolean): StreamEvent[][] {
  return Array.from({ length: seeds }, (_, seed) => {
    const options = { hosts: 2 + (seed % 3), steps: 24, skew: wild, wild, undo: false }
    return [...makeHistory(`conflicts ${name} ${seed}`, formats[name], options).events]
  })
}

function read(view: StreamView, text: StreamText): string {
  return Buffer.from(view.read(text.slice())).toString('latin1')
}

const textOf = (view: StreamView): string => read(view, view.view().text)

/** A line that nobody ended is its host's alone, and no part of a decision. */
function completeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

/** The stream after the event that a plan makes. */
function after(events: readonly StreamEvent[], name: FormatName, body: ResolveBody): StreamView {
  const view = viewOf(formats[name], events)
  const event = { log: 'f'.repeat(32), offset: 0, time: { ms: 4e12, counter: 0 }, parents: [], body }
  view.add({ event, digest: '0'.repeat(64), host: 'f'.repeat(32) })
  return view
}

const conflictsOf = (view: StreamView, status: Conflict['status']): Conflict[] =>
  view.conflicts().filter((each) => each.status === status)

describe.each(formatNames)('conflicts of generated histories: %s', (name) => {
  const { shape } = formats[name]

  it('show of each branch just the records that the merge counts as its own', () => {
    let seen = 0
    for (const wild of [false, true])
      for (const events of histories(name, wild)) {
        const view = viewOf(formats[name], events)
        // A removal is set against each of the others alone, and stands for nothing of its own.
        for (const conflict of view.conflicts().filter(({ kind }) => kind !== 'remove')) {
          const { branches } = conflictLines(view, conflict, shape, hasher)
          branches.forEach(({ own }, i) => {
            const records = conflict.branches[i]?.records ?? 0
            // After a reset the merge may tell occurrences apart that to a reader are one line.
            if (wild) expect(own.length).toBeLessThanOrEqual(records)
            else expect(own.length).toBe(records)
          })
          seen++
        }
      }
    expect(seen).toBeGreaterThan(10)
  })

  it('are over after each possible choice; a union and a split lose nothing that was shown', () => {
    let seen = 0
    for (const events of histories(name, true)) {
      const view = viewOf(formats[name], events)
      for (const conflict of [...conflictsOf(view, 'open'), ...conflictsOf(view, 'merged')]) {
        for (const choice of possibleChoices(conflict, stream, shape)) {
          for (const stays of choice === 'union' ? [null] : conflict.branches) {
            const chosen = choice === 'union' || !stays ? ({ choice: 'union' } as const) : { choice, stays }
            const { body, leaving } = planChoice(view, stream, shape, conflict, chosen)
            const later = after(events, name, body)
            expect(later.conflicts().find(({ id }) => id === conflict.id)?.status).not.toBe('open')
            if (choice === 'union') {
              const lines = new Set(completeLines(textOf(later)))
              expect(completeLines(textOf(view)).filter((line) => !lines.has(line))).toEqual([])
            }
            const shown = view.view().heads.map(({ log, offset }) => `${log}:${offset}`)
            if (
              conflict.kind !== 'unrelated' &&
              !conflict.branches.some((branch) => shown.includes(headName(branch)))
            ) {
              // A text that shares nothing with it is left alone.
              const covered = body.heads.map(({ log, offset }) => `${log}:${offset}`)
              if (conflict.status === 'open')
                expect(covered.filter((head) => shown.includes(head))).toEqual([])
            } else if (choice === 'split') {
              const texts = [textOf(later), ...leaving.map(({ text }) => read(view, text))]
              const lines = new Set(texts.flatMap((text) => text.split('\n')))
              expect(completeLines(textOf(view)).filter((line) => !lines.has(line))).toEqual([])
            }
            seen++
          }
        }
      }
    }
    expect(seen).toBeGreaterThan(10)
  })

  it('are compared line by line: the difference makes one text of the other', () => {
    for (const events of histories(name, true)) {
      const view = viewOf(formats[name], events)
      for (const { branches } of view.conflicts()) {
        const [a, b] = branches.map(({ head }) => view.branchText(head))
        if (!a || !b) continue
        const [before, later] = [a, b].map((text) => ({ view, text })) as [
          { view: StreamView; text: typeof a },
          { view: StreamView; text: typeof b },
        ]
        const { added, removed, lines, more } = textDifference(before, later, hasher, { reading, max: 1000 })
        const count = (text: typeof a): number =>
          Buffer.from(view.read(text.slice())).toString('latin1').split('\n').length
        const ends = (text: typeof a): boolean =>
          text.length === 0 || view.read(text.slice(text.length - 1))[0] === 10
        if (ends(a) && ends(b)) expect(count(a) + added - removed).toBe(count(b))
        expect(more).toBe(0)
        expect(lines.filter(({ sign }) => sign !== ' ')).toHaveLength(added + removed)
        expect(commonBytes(before, before)).toBeLessThanOrEqual(a.length)
      }
    }
  })
})
