import { describe, expect, it } from 'vitest'
import {
  decideContinuity,
  newLogReasons,
  type ContinuityEvidence,
  type NewLogReason,
} from '../../../src/engine/core/continuity.js'

const log = 'a'.repeat(32)
const witness = { log, events: 10, chain: 'c10', storeId: 's', machine: 'm' }
const store = { storeId: 's', log, machine: 'm', folder: '5:1' }

/** All is well: the log goes on. */
const sound: ContinuityEvidence = {
  machine: 'm',
  sameFolder: true,
  key: true,
  witness,
  store,
  events: 12,
  chainAtWitness: 'c10',
  headSound: true,
}

describe('decideContinuity', () => {
  it.each([
    ['nothing changed', {}],
    ['the witness is as far as the log', { events: 10 }],
    ['the log is new', { events: 0, witness: { ...witness, events: 0, chain: '0' }, chainAtWitness: '0' }],
  ] satisfies [string, Partial<ContinuityEvidence>][])('goes on: %s', (_name, change) => {
    expect(decideContinuity({ ...sound, ...change })).toEqual({ kind: 'continue' })
  })

  const copied = { store: { ...store, storeId: 'other' } }
  const rows: [string, Partial<ContinuityEvidence>, NewLogReason, boolean][] = [
    ['nothing was there', { store: null, witness: null, key: false, events: 0 }, 'first', true],
    ['only a key was there', { store: null, witness: null, events: 0 }, 'first', false],
    [
      'a first start was cut short',
      { store: null, witness: { ...witness, events: 0 }, events: 0 },
      'first',
      false,
    ],
    ['the store is gone, the witness is not', { store: null, events: 0 }, 'store-replaced', false],
    ['another machine', { machine: 'n' }, 'machine-changed', true],
    [
      'only the witness is of another machine',
      { witness: { ...witness, machine: 'n' } },
      'machine-changed',
      true,
    ],
    ['only the store is of another machine', { store: { ...store, machine: 'n' } }, 'machine-changed', true],
    [
      'another machine, and everything else too',
      { machine: 'n', key: false, witness: null },
      'machine-changed',
      true,
    ],
    ['no key', { key: false }, 'key-missing', true],
    ['no witness', { witness: null, chainAtWitness: null }, 'witness-missing', false],
    ['the witness is of another store', copied, 'store-replaced', false],
    [
      'the witness is of another log',
      { witness: { ...witness, log: 'b'.repeat(32) } },
      'store-replaced',
      false,
    ],
    ['the folder is a copy', { sameFolder: false }, 'store-copied', false],
    ['fewer events than were written', { events: 9, chainAtWitness: null }, 'rolled-back', false],
    ['other events than were written', { chainAtWitness: 'x10' }, 'rolled-back', false],
    ['the witnessed event can’t be read', { chainAtWitness: null }, 'rolled-back', false],
    ['the last event is damaged', { headSound: false }, 'head-damaged', false],
  ]

  it.each(rows)('opens a new log: %s', (_name, change, reason, newKey) => {
    expect(decideContinuity({ ...sound, ...change })).toEqual({ kind: 'new-log', reason, newKey })
  })

  it('has words for every reason', () => {
    for (const [, , reason] of rows) expect(newLogReasons[reason].length).toBeGreaterThan(10)
    expect(Object.keys(newLogReasons).toSorted()).toEqual([...new Set(rows.map((row) => row[2]))].toSorted())
  })
})
