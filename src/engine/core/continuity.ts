import type { LogId } from './event.js'

/** What a host noted outside its store about the log it writes. Synced before those events may leave the host. */
export interface Witness {
  readonly log: LogId
  /** Number of events that the log had at least. */
  readonly events: number
  /** Chain at the last of them, hex. */
  readonly chain: string
  readonly storeId: string
  readonly machine: string
}

/** What the store says about itself and where it stands now. */
export interface StoreIdentity {
  readonly storeId: string
  readonly log: LogId
  readonly machine: string
  /** Inode and birth time of the store's folder: a copy or a restored backup has others. */
  readonly folder: string
}

export interface ContinuityEvidence {
  readonly machine: string
  /** Whether the store's folder is the one that the identity names, as far as the file system tells. */
  readonly sameFolder: boolean
  /** Whether the host's private key is here. */
  readonly key: boolean
  readonly witness: Witness | null
  /** null where the store is new. */
  readonly store: StoreIdentity | null
  /** Number of events of the store's log, and the chain after the first `witness.events` of them where it has them. */
  readonly events: number
  readonly chainAtWitness: string | null
  /** Whether the log's last event is whole and the one that the store's own row says. */
  readonly headSound: boolean
}

export type NewLogReason =
  | 'first'
  | 'machine-changed'
  | 'store-copied'
  | 'store-replaced'
  | 'rolled-back'
  | 'witness-missing'
  | 'key-missing'
  | 'head-damaged'

export type Continuity =
  | { readonly kind: 'continue' }
  | {
      readonly kind: 'new-log'
      readonly reason: NewLogReason
      /** Another machine may hold the old key: a new one keeps the two apart. */
      readonly newKey: boolean
    }

/** What each reason means, for the person who finds a new log. */
export const newLogReasons: Readonly<Record<NewLogReason, string>> = {
  first: 'this is the first log of this host',
  'machine-changed': 'the store was written on another machine: a cloned image, a moved disk or a reused pod',
  'store-copied': 'the store folder is a copy or a restored backup of the one that wrote the log',
  'store-replaced': 'the store is another one than the host last wrote',
  'rolled-back': 'the store has fewer or other events than the host is known to have written',
  'witness-missing': 'the note beside the store that tells how far the log was is gone',
  'key-missing': 'the private key of the host is gone',
  'head-damaged': 'the last event of the log is damaged',
}

/**
 * Decides whether this host may go on writing its log. Only where everything agrees that it alone continues it: two
 * writers of one log would give two events the same name, and that can't be undone. A new log costs nothing but a line
 * in `status`; what the old one holds stays and is referred to.
 */
export function decideContinuity(evidence: ContinuityEvidence): Continuity {
  const { witness, store, machine, sameFolder, key } = evidence
  const fresh = (reason: NewLogReason, newKey = false): Continuity => ({
    kind: 'new-log',
    reason,
    newKey: newKey || !key,
  })
  // A witness of no events is left by a first start that was cut short.
  if (!store) return fresh(witness && witness.events > 0 ? 'store-replaced' : 'first')
  if (store.machine !== machine || (witness && witness.machine !== machine))
    return fresh('machine-changed', true)
  if (!key) return fresh('key-missing')
  if (!witness) return fresh('witness-missing')
  if (witness.storeId !== store.storeId || witness.log !== store.log) return fresh('store-replaced')
  if (!sameFolder) return fresh('store-copied')
  // Asked first: the witness is often at the head, and a damaged head is then not the one it saw either.
  if (!evidence.headSound) return fresh('head-damaged')
  if (evidence.events < witness.events || evidence.chainAtWitness !== witness.chain)
    return fresh('rolled-back')
  return { kind: 'continue' }
}
