import { HoldfastError } from '../../engine/core/errors.js'
import type { PlannedLog } from '../../transport/sync/sync-types.js'
import type { ConfiguredPeer } from '../config.js'
import { errorRecord, type ErrorRecord } from '../messages.js'
import type { OperationIo } from '../operation.js'
import { peerFilter } from '../peer-filter.js'
import { meetPeer, progressOf, type PeerSession } from '../peer-session.js'
import { configuredPeer } from '../peers.js'
import type { Runtime } from '../runtime.js'
import type { PeerFork } from '../session-forks.js'
import { SyncWriteBack } from '../sync-write-back.js'
import type { WriteBackSettled } from '../write-back-control.js'
import { openConflictCount } from './conflicts.js'
import { record } from './record.js'

export interface SyncArgs {
  /** By name; none: all that are configured. */
  readonly peers: readonly string[]
  /** Narrows what each peer is configured for; null: as configured. */
  readonly direction: 'push' | 'pull' | null
  readonly dryRun: boolean
  /** Only what is of one of these projects, and of one of these sessions, as far as any are named. */
  readonly projects?: readonly string[]
  readonly sessions?: readonly string[]
  /** Leave this machine's session files as they are: what is received is only held. */
  readonly noWrite?: boolean
  /** How long after the last append by anyone but Holdfast a file counts as live; null: as configured. */
  readonly quietTimeMs?: number | null
}

/** What moved between this host and one peer. */
export interface SyncPeerRow {
  readonly name: string
  /** Events that became durable over there, and here; in a dry run those that would. */
  readonly sent: number
  readonly received: number
  /** On the wire. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Fingerprint of its key; null where it was not met. */
  readonly key: string | null
  /** Whether it was met for the first time, so that its key is trusted from now on. */
  readonly first: boolean
  /** Events that the peer has and that can't be checked here before a hole is filled, or that it failed to send. */
  readonly missing: number
  /** Logs here of which something can't be read, and so was not sent. */
  readonly unreadable: number
  /** Why nothing, or not all, was exchanged; null where all was. */
  readonly error: ErrorRecord | null
}

export interface SyncForkRow extends PeerFork {
  /** False where it was found, and told, before. */
  readonly isNew: boolean
}

export interface SyncResultRow {
  readonly dryRun: boolean
  readonly peers: readonly SyncPeerRow[]
  /** Files of this machine that were written. */
  readonly written: WriteBackSettled['written']
  /** Files that were left as they are on purpose. */
  readonly held: WriteBackSettled['held']
  readonly conflicts: number
  readonly forks: readonly SyncForkRow[]
  /** What was noticed and is no failure, in words. */
  readonly notes: readonly string[]
}

/**
 * Exchanges with each peer, one after the other, what the other lacks; then writes back what is quiet. A peer that is
 * connected already is not met anew: all that is on its way is waited for, and what moved meanwhile is told. A peer that fails
 * does not keep the next one from being met. Throws PEER_UNKNOWN, and where a single peer is meant what meeting it throws.
 */
export async function sync(runtime: Runtime, args: SyncArgs, io: OperationIo): Promise<SyncResultRow> {
  const peers = chosenPeers(runtime, args)
  // Without a daemon nobody recorded what is new.
  if (!runtime.recorder && !args.dryRun) await record(runtime, {}, io)
  await runtime.session?.own.writer.flush()
  const writing = new SyncWriteBack(runtime, args)
  const rows: SyncPeerRow[] = []
  const forks: SyncForkRow[] = []
  const notes = new Set<string>()
  for (const peer of peers) {
    io.signal.throwIfAborted()
    try {
      const kept = await overConnection(runtime, peer, args, io)
      if (kept) await writing.settle()
      const exchanged = kept ?? (await meet(runtime, peer, args, writing, io))
      rows.push(exchanged.row)
      forks.push(...exchanged.forks)
      for (const note of exchanged.notes) notes.add(note)
    } catch (error) {
      if (peers.length === 1 || io.signal.aborted) throw error
      rows.push(failedRow(peer.name, error))
    }
  }
  const { written, held } = writing.result
  const conflicts = await openConflictCount(runtime)
  return { dryRun: args.dryRun, peers: rows, written, held, conflicts, forks, notes: [...notes] }
}

interface Exchanged {
  readonly row: SyncPeerRow
  readonly forks: readonly SyncForkRow[]
  readonly notes: readonly string[]
}

/** By the session that the daemon keeps with the peer; null where there is none that can do it. */
async function overConnection(
  { connections }: Runtime,
  peer: ConfiguredPeer,
  args: SyncArgs,
  io: OperationIo,
): Promise<Exchanged | null> {
  const connection = connections?.of(peer.name)
  if (!connection || args.dryRun) return null
  directionOf(peer, args)
  peerFilter(peer, args)
  const moved = await connection.caughtUp(io.signal, (each) => io.progress(progressOf(peer.name, each)))
  if (!moved) return null
  const forks = connection.takeForks().map((fork) => ({ ...fork, peer: peer.name, isNew: true }))
  const row = { name: peer.name, ...moved, first: false, missing: 0, unreadable: 0, error: null }
  return { row, forks, notes: [] }
}

/** By a session of its own. */
async function meet(
  runtime: Runtime,
  peer: ConfiguredPeer,
  args: SyncArgs,
  writing: SyncWriteBack,
  io: OperationIo,
): Promise<Exchanged> {
  const { dryRun } = args
  const beforeDone = dryRun ? {} : { beforeDone: () => writing.settle() }
  const options = { ...directionOf(peer, args), ...peerFilter(peer, args), dryRun, ...beforeDone }
  const session = await meetPeer(runtime, peer, options, io)
  const connection = runtime.connections?.of(peer.name)
  // It can be reached: no need to wait for the next attempt.
  connection?.wake()
  const untold = [...session.newForks, ...(connection?.takeForks() ?? [])]
  const forks = session.forks.map((fork) => ({
    ...fork,
    isNew: untold.some(({ log, offset }) => log === fork.log && offset === fork.offset),
  }))
  return { row: rowOf(peer.name, session), forks, notes: session.notes }
}

function chosenPeers(runtime: Runtime, { peers }: SyncArgs): readonly ConfiguredPeer[] {
  if (peers.length > 0) return [...new Set(peers)].map((name) => configuredPeer(runtime.home, name))
  const all = runtime.config().peers
  if (all.length === 0)
    throw new HoldfastError('PEER_UNKNOWN', 'no peer is set up', {
      next: "Add one: `holdfast peer add NAME 'exec:ssh HOST holdfast serve --stdio'`.",
    })
  return all
}

function directionOf(peer: ConfiguredPeer, { direction }: SyncArgs): { send: boolean; receive: boolean } {
  const both = [peer.direction, direction]
  const [send, receive] = [!both.includes('pull'), !both.includes('push')]
  if (!send && !receive)
    throw new HoldfastError('USAGE', `${peer.name} is set up for ${peer.direction} only`, {
      next: `Leave out --${String(direction)}, or add the peer anew without --${peer.direction}-only.`,
    })
  return { send, receive }
}

function rowOf(name: string, { result, key, first }: PeerSession): SyncPeerRow {
  const { plan, missing, detached } = result
  return {
    name,
    sent: plan ? planned(plan, 'send') : result.sent,
    received: plan ? planned(plan, 'receive') : result.received,
    bytesSent: result.bytesSent,
    bytesReceived: result.bytesReceived,
    key,
    first,
    missing: [...missing, ...detached]
      .flatMap(({ ranges }) => ranges)
      .reduce((n, { from, to }) => n + to - from, 0),
    unreadable: result.unreadable.length,
    error: null,
  }
}

function planned(plan: readonly PlannedLog[], direction: PlannedLog['direction']): number {
  return plan.filter((each) => each.direction === direction).reduce((sum, { events }) => sum + events, 0)
}

function failedRow(name: string, error: unknown): SyncPeerRow {
  const none = { sent: 0, received: 0, bytesSent: 0, bytesReceived: 0, missing: 0, unreadable: 0 }
  return { name, ...none, key: null, first: false, error: errorRecord(error) }
}
