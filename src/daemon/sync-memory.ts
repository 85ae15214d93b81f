import type { SyncMemory } from '../engine/ports/sync-memory.js'
import type { LevelStore } from '../store/level-store.js'
import { fingerprint } from './peer-trust.js'

/** What is remembered of the last session with each peer, in the store: lost together with what it speaks of. */
export function syncMemory(store: LevelStore): SyncMemory {
  return {
    load: async (peerKey) => {
      const text = await store.getMeta(nameOf(peerKey))
      return text === undefined ? undefined : Buffer.from(text, 'base64')
    },
    save: (peerKey, memory) => store.setMeta(nameOf(peerKey), Buffer.from(memory).toString('base64')),
  }
}

function nameOf(peerKey: Uint8Array): string {
  return `sync memory ${fingerprint(peerKey)}`
}
