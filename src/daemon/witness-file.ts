import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import * as v from 'valibot'

import type { Witness } from '../engine/core/continuity.js'
import { writePrivateFile } from './private-file.js'

const schema = v.object({
  log: v.string(),
  events: v.number(),
  chain: v.string(),
  storeId: v.string(),
  machine: v.string(),
})

const fileOf = (identityFolder: string): string => join(identityFolder, 'witness.json')

/** null where there is none, or none that can be understood: both prove nothing. */
export function readWitness(identityFolder: string): Witness | null {
  try {
    const read: unknown = JSON.parse(readFileSync(fileOf(identityFolder), 'utf8'))
    const parsed = v.safeParse(schema, read)
    return parsed.success ? parsed.output : null
  } catch {
    return null
  }
}

/** Durable when it returns. */
export function writeWitness(identityFolder: string, witness: Witness): void {
  writePrivateFile(fileOf(identityFolder), `${JSON.stringify(witness)}\n`)
}
