import * as v from 'valibot'
import type { LogId, OpenBody } from '../engine/core/event.js'
import type { LevelStore } from '../store/level-store.js'

/** A log that this machine wrote before it lost everything: its next log continues it. */
export interface FormerLog {
  /** The log that this machine writes until then: it ends there. */
  readonly ends: LogId
  readonly log: LogId
  readonly events: number
  readonly reason: string
  /** Whether the files of the former log are known to the log that continues it. */
  readonly adopted: boolean
}

const metaName = 'former log'
const schema = v.object({
  ends: v.string(),
  log: v.string(),
  events: v.number(),
  reason: v.string(),
  adopted: v.boolean(),
})

/** Durable when it resolves: the next log that is opened continues it. */
export function setFormerLog(store: LevelStore, former: FormerLog): Promise<void> {
  return store.setMeta(metaName, JSON.stringify(former))
}

export async function formerLog(store: LevelStore): Promise<FormerLog | null> {
  const text = await store.getMeta(metaName)
  return text === undefined ? null : v.parse(schema, JSON.parse(text))
}

/** What a log that is opened where `ended` ends continues besides it. */
export async function continuesFormer(
  store: LevelStore,
  ended: LogId | undefined,
): Promise<OpenBody['continues']> {
  const former = await formerLog(store)
  if (!former || former.ends !== ended) return []
  const { log, events, reason } = former
  return [{ log, events, reason }]
}
