import { FileError } from '../engine/ports/files.js'
import type { WatchedRoot } from '../engine/record/watched-root.js'
import { claimRoot, type OwnerSelf, type OwnerTools } from '../engine/writeback/root-owner.js'

/** A claim holds this long before it is looked at again. */
const claimHoldsMs = 5_000

/** Which of this host's roots another Holdfast writes: it shares their disk, and this one only records there. */
export class RootOwners {
  readonly #tools: OwnerTools
  readonly #roots: readonly WatchedRoot[]
  readonly #self: OwnerSelf
  readonly #known = new Map<string, { readonly atMs: number; readonly other: string | null }>()

  constructor(tools: OwnerTools, roots: readonly WatchedRoot[], self: OwnerSelf) {
    this.#tools = tools
    this.#roots = roots
    this.#self = self
  }

  /** The other one's host, or null where the root is ours to write. */
  otherOwner(name: string): string | null {
    const now = this.#tools.clock.now()
    const known = this.#known.get(name)
    if (known && now >= known.atMs && now - known.atMs < claimHoldsMs) return known.other
    const other = this.#claim(name)
    this.#known.set(name, { atMs: now, other })
    return other
  }

  #claim(name: string): string | null {
    const root = this.#roots.find((each) => each.name === name)
    if (!root) return null
    try {
      const { files } = this.#tools
      // An agent that never ran here has no folder yet: what it is to find there is written all the same.
      if (!files.stat(root.base)) files.makeDirectory(root.base)
      const claim = claimRoot(this.#tools, root.base, this.#self)
      return claim.owner === 'self' ? null : (claim.hostName ?? 'another host')
    } catch (error) {
      // A folder that can't be written holds no lock; the write says what is wrong.
      if (!(error instanceof FileError)) throw error
      return null
    }
  }
}
