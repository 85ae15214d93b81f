import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readWitness, writeWitness } from '../../src/daemon/witness-file.js'
import { temporaryFolder } from './temporary-home.js'

const witness = (events: number) => ({
  log: 'a'.repeat(32),
  events,
  chain: 'c'.repeat(64),
  storeId: 's'.repeat(32),
  machine: 'm',
})

it('gives what was written last, however often', () => {
  const folder = temporaryFolder()
  expect(readWitness(folder)).toBeNull()
  for (let events = 0; events < 5; events++) {
    writeWitness(folder, witness(events))
    expect(readWitness(folder)).toEqual(witness(events))
  }
})

it('gives the one before where the last write was cut short, at any byte', () => {
  const folder = temporaryFolder()
  const path = join(folder, 'witness.json')
  writeWitness(folder, witness(1))
  writeWitness(folder, witness(2))
  const before = readFileSync(path)
  writeWitness(folder, witness(33))
  const after = readFileSync(path)
  for (let cut = 0; cut <= after.length; cut += 7) {
    writeFileSync(path, Buffer.concat([after.subarray(0, cut), before.subarray(cut)]))
    expect([2, 33]).toContain(readWitness(folder)?.events)
  }
  writeFileSync(path, before.subarray(0, 100))
  expect(readWitness(folder)).toBeNull()
})
