import type { Hasher } from '../../engine/ports/hash.js'
import type { SyncMemory } from '../../engine/ports/sync-memory.js'
import type { Agreement } from './agree.js'
import { sameBytes } from './log-bytes.js'
import { encodeMemory } from './memory-codec.js'

/**
 * Notes what both ends hold, so that their next session tells only what changed. To be saved only when nothing is on its
 * way: then both ends note the same. Where one saved and the other could not, the digests disagree, and everything is
 * told once.
 */
export class Remembrance {
  readonly #memory: SyncMemory
  readonly #hasher: Hasher
  readonly #agreement: Agreement
  #saved: Uint8Array

  constructor(memory: SyncMemory, hasher: Hasher, agreement: Agreement) {
    this.#memory = memory
    this.#hasher = hasher
    this.#agreement = agreement
    this.#saved = agreement.memory ? encodeMemory(agreement.memory, hasher) : new Uint8Array()
  }

  /** Saves where anything changed since. A dry run leaves no trace. */
  async save(): Promise<void> {
    const { view, peer, dryRun } = this.#agreement
    if (dryRun) return
    const encoded = encodeMemory(view, this.#hasher)
    if (sameBytes(encoded, this.#saved)) return
    await this.#memory.save(peer.publicKey, encoded)
    this.#saved = encoded
  }
}
