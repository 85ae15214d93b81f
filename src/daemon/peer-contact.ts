import type { LevelStore } from '../store/level-store.js'

/** When each peer was last heard of, kept in the store: a report knows it also where no daemon runs. */

const nameOf = (peer: string): string => `peer contact ${peer}`

/** Durable when it resolves. */
export function noteContact(store: LevelStore, peer: string, atMs: number): Promise<void> {
  return store.setMeta(nameOf(peer), String(atMs))
}

/** In ms since 1970; null where it was never met. */
export async function lastContactMs(store: LevelStore, peer: string): Promise<number | null> {
  const noted = Number(await store.getMeta(nameOf(peer)))
  return Number.isFinite(noted) ? noted : null
}
