import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

import * as v from 'valibot'

import type { Witness } from '../engine/core/continuity.js'
import { writePrivateFile } from './private-file.js'

const schema = v.object({
  seq: v.number(),
  sum: v.string(),
  log: v.string(),
  events: v.number(),
  chain: v.string(),
  storeId: v.string(),
  machine: v.string(),
})

/** One of the two places in the file that are written in turns: a write that is cut short leaves the other whole. */
const slotBytes = 1024

const fileOf = (identityFolder: string): string => join(identityFolder, 'witness.json')

/** null where there is none, or none that can be understood: both prove nothing. */
export function readWitness(identityFolder: string): Witness | null {
  return latest(slotsOf(fileOf(identityFolder)))?.witness ?? null
}

/**
 * Durable when it returns. It is written before own events leave, so it costs one small write in place, not a new file.
 */
export function writeWitness(identityFolder: string, witness: Witness): void {
  const path = fileOf(identityFolder)
  const slots = slotsOf(path)
  const last = latest(slots)
  if (!last) {
    const begun = Buffer.alloc(2 * slotBytes, ' ')
    encode({ seq: 0, witness }).copy(begun)
    writePrivateFile(path, begun.toString())
    return
  }
  const slot = encode({ seq: last.seq + 1, witness })
  const fd = openSync(path, 'r+')
  try {
    writeSync(fd, slot, 0, slot.length, slots[0] === last ? slotBytes : 0)
    fdatasyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

interface Slot {
  readonly seq: number
  readonly witness: Witness
}

function slotsOf(path: string): readonly (Slot | null)[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return []
  }
  if (bytes.length !== 2 * slotBytes) return []
  return [decode(bytes.subarray(0, slotBytes)), decode(bytes.subarray(slotBytes))]
}

function latest(slots: readonly (Slot | null)[]): Slot | null {
  let best: Slot | null = null
  for (const slot of slots) if (slot && (!best || slot.seq > best.seq)) best = slot
  return best
}

function encode({ seq, witness }: Slot): Buffer {
  const text = JSON.stringify({ seq, ...witness, sum: sumOf(seq, witness) })
  return Buffer.from(`${text.padEnd(slotBytes - 1)}\n`)
}

function decode(bytes: Uint8Array): Slot | null {
  try {
    const parsed = v.safeParse(schema, JSON.parse(Buffer.from(bytes).toString('utf8')))
    if (!parsed.success) return null
    const { seq, sum, ...witness } = parsed.output
    return sum === sumOf(seq, witness) ? { seq, witness } : null
  } catch {
    return null
  }
}

function sumOf(seq: number, { log, events, chain, storeId, machine }: Witness): string {
  const text = JSON.stringify([seq, log, events, chain, storeId, machine])
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
