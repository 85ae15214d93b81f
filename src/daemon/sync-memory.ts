import type { Hasher } from '../engine/ports/hash.js'
import type { SyncMemory } from '../engine/ports/sync-memory.js'
import type { LevelStore } from '../store/level-store.js'
import type { HaveSet } from '../transport/sync/have-set.js'
import { decodeMemory } from '../transport/sync/memory-codec.js'
import { fingerprint } from './peer-trust.js'

/** What is remembered of the last session with each peer, in the store: lost together with what it speaks of. */
export function syncMemory(store: LevelStore): SyncMemory {
  return {
    load: async (peerKey) => {
      const text = await store.getMeta(nameOf(fingerprint(peerKey)))
      return text === undefined ? undefined : Buffer.from(text, 'base64')
    },
    save: (peerKey, memory) =>
      store.setMeta(nameOf(fingerprint(peerKey)), Buffer.from(memory).toString('base64')),
  }
}

/** What the peer with this key was last known to hold; undefined where nothing is remembered of it. */
export async function heardOf(store: LevelStore, key: string, hasher: Hasher): Promise<HaveSet | undefined> {
  const text = await store.getMeta(nameOf(key))
  return decodeMemory(text === undefined ? undefined : Buffer.from(text, 'base64'), hasher)?.heard
}

/** @param key the fingerprint of the peer's key */
function nameOf(key: string): string {
  return `sync memory ${key}`
}
