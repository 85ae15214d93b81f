import * as v from 'valibot'
import type { LogId } from '../engine/core/event.js'
import type { LevelStore } from '../store/level-store.js'

/** A log of this store that must not be written any more, and why: a peer knows something that this store does not. */
export interface Fence {
  readonly log: LogId
  readonly reason: string
}

/** A log of which a peer holds another continuation than this store. */
export interface KnownFork {
  readonly log: LogId
  /** The first offset that may differ. */
  readonly offset: number
  /** Whom it was found with. */
  readonly peer: string
  readonly explained: string
  readonly foundMs: number
}

const fenceMeta = 'fences'
const forkMeta = 'forks'
const fences = v.array(v.object({ log: v.string(), reason: v.string() }))
const forks = v.array(
  v.object({
    log: v.string(),
    offset: v.number(),
    peer: v.string(),
    explained: v.string(),
    foundMs: v.number(),
  }),
)

/** Why this log must not be written any more, or null. */
export async function fenceOf(store: LevelStore, log: LogId): Promise<string | null> {
  return (await read(store, fenceMeta, fences)).find((fence) => fence.log === log)?.reason ?? null
}

/** Durable when it resolves: no later start writes the log. */
export async function addFence(store: LevelStore, fence: Fence): Promise<void> {
  const known = await read(store, fenceMeta, fences)
  if (known.some(({ log }) => log === fence.log)) return
  await store.setMeta(fenceMeta, JSON.stringify([...known, fence]))
}

export async function knownForks(store: LevelStore): Promise<readonly KnownFork[]> {
  return read(store, forkMeta, forks)
}

/** Keeps a fork, once for each log and offset. */
export async function addFork(store: LevelStore, fork: KnownFork): Promise<void> {
  const known = await read(store, forkMeta, forks)
  if (known.some(({ log, offset }) => log === fork.log && offset === fork.offset)) return
  await store.setMeta(forkMeta, JSON.stringify([...known, fork]))
}

async function read<S extends v.GenericSchema>(
  store: LevelStore,
  name: string,
  schema: S,
): Promise<v.InferOutput<S>> {
  const text = await store.getMeta(name)
  return v.parse(schema, text === undefined ? [] : JSON.parse(text))
}
