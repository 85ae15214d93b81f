import type { SuspectReason } from './cursor.js'

/** How a file differs from the log in a way that would drop recorded bytes. */
export type Difference =
  /** It is not there. */
  | { readonly kind: 'missing' }
  /** It is a proper prefix of what was recorded. */
  | { readonly kind: 'shortened' }
  /** Recorded bytes now read as a run of NULs. */
  | { readonly kind: 'nul-run' }
  /** Recorded bytes are others now. */
  | { readonly kind: 'rewritten' }

export interface Circumstances {
  /** Whether the last run of Holdfast ended without saying so: a crash, a kill, a power loss. */
  readonly unclean: boolean
  /** When the file last changed, as far as the log knows, in ms. */
  readonly lastChangedMs: number
  readonly nowMs: number
  /** The age at which the agent itself deletes such files, in ms. */
  readonly cleanupAgeMs: number
}

/**
 * Decides, for the first look at a file after a start, whether a difference may be damage. Damage is kept out of
 * history until `recover` restores the file or the user accepts it; null means it is history and gets recorded.
 *
 * Bytes that turned to NULs and a pure cut are suspect after any stop: nothing that edits a file leaves those. A missing
 * file is after an unclean one, and after a clean one when the agent's own cleanup was not yet due. Other bytes in
 * place of the recorded ones were written by somebody: history.
 */
export function assess(difference: Difference, circumstances: Circumstances): SuspectReason | null {
  switch (difference.kind) {
    case 'nul-run':
    case 'shortened':
      return difference.kind
    case 'missing': {
      const { unclean, nowMs, lastChangedMs, cleanupAgeMs } = circumstances
      return unclean || nowMs - lastChangedMs < cleanupAgeMs ? 'missing' : null
    }
    case 'rewritten':
      return null
  }
}

/**
 * Whether a root should be taken for offline (an unmounted share) instead of emptied: nothing is found where at least
 * two files were, or the folder itself is gone.
 */
export function rootOffline(root: { exists: boolean; found: number; known: number }): boolean {
  if (root.known === 0) return false
  return !root.exists || (root.found === 0 && root.known >= 2)
}

/** The shortest run of NULs that counts as damage. Shorter ones at the end of a file count too. */
export const nulRunMinBytes = 16

/** Whether `bytes` (what now stands after the common prefix) begins with a run of NULs that the log doesn't have. */
export function beginsWithNulRun(bytes: Uint8Array): boolean {
  const end = Math.min(bytes.length, nulRunMinBytes)
  for (let i = 0; i < end; i += 1) if (bytes[i] !== 0) return false
  return end > 0
}
