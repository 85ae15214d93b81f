import { HoldfastError } from '../errors.js'
import { mergeFromScratch, type ReferenceMerge } from './reference.js'
import { createStreamView, type StreamView } from './stream-view.js'
import type { MergeFormat, StreamEvent } from './types.js'

/** The rules that new views are made with. */
export const mergeRulesVersion = 1

/** One released set of merge rules. It stays executable: what it made once can be made again. */
export interface MergeRules {
  readonly version: number
  createStreamView(format: MergeFormat): StreamView
  mergeFromScratch(events: readonly StreamEvent[], format: MergeFormat): ReferenceMerge
}

const released: readonly MergeRules[] = [{ version: 1, createStreamView, mergeFromScratch }]

/** Throws STORE_NEWER for rules that only a newer version knows. */
export function mergeRules(version: number = mergeRulesVersion): MergeRules {
  const rules = released.find((known) => known.version === version)
  if (rules) return rules
  throw new HoldfastError('STORE_NEWER', `merge rules ${version} are unknown here`)
}
