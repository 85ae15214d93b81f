import type { LogInfo } from '../../engine/ports/log.js'
import type { Problem } from '../../engine/record/problems.js'
import { folderBytes } from '../folder-bytes.js'
import { ownLogId } from '../log-continuity.js'
import { inboundRows, peerStatusRows, type InboundRow, type PeerStatusRow } from '../peer-status.js'
import type { Runtime } from '../runtime.js'
import { openConflictCount } from './conflicts.js'
import { suspectRowsOf, type SuspectRow } from '../suspects.js'
import { knownForks } from '../sync-fence.js'
import { watchedRoots } from '../watched-roots.js'

export interface LogRowOut {
  readonly log: string
  readonly host: string
  readonly own: boolean
  readonly events: number
  readonly bytes: number
  /** ISO time of the last event, or null. */
  readonly last: string | null
  readonly lost: readonly { readonly from: number; readonly to: number }[]
}

export interface ForkRow {
  readonly log: string
  /** Whose log it is. */
  readonly host: string
  /** The first event that may differ. */
  readonly offset: number
  /** Whom it was found with. */
  readonly peer: string
  /** ISO time. */
  readonly found: string
}

export interface StatusResult {
  readonly host: string
  /** The log that this host writes; null before the first recording. */
  readonly log: string | null
  /** Whether the store is being recorded into by the process that answers. */
  readonly recording: boolean
  /** Session files that are known of this host. */
  readonly streams: number
  /** Acknowledged events of this host's log: durable, whatever happens now. */
  readonly events: number
  readonly bytes: number
  readonly lastEvent: string | null
  /** What was seen but is not durable yet, in bytes. */
  readonly lagBytes: number
  readonly roots: readonly {
    readonly name: string
    readonly format: string
    readonly path: string
    readonly found: boolean
    readonly files: number
  }[]
  readonly logs: readonly LogRowOut[]
  readonly peers: readonly PeerStatusRow[]
  /** Sessions that peers opened, configured here or not. */
  readonly inbound: readonly InboundRow[]
  /** Logs of which a peer holds another history than this store. */
  readonly forks: readonly ForkRow[]
  readonly held: readonly { readonly path: string; readonly reason: string }[]
  readonly suspects: readonly SuspectRow[]
  readonly problems: readonly Problem[]
  readonly conflicts: number
  readonly disk: { readonly storeBytes: number; readonly budgetBytes: number | null }
  /** Whether the last run of the recorder ended without saying so; null where this one can't tell. */
  readonly unclean: boolean | null
}

/** How this host stands. Reads only what is in memory or small. */
export async function status(runtime: Runtime): Promise<StatusResult> {
  const { home, store, session, files } = runtime
  const config = runtime.config()
  const log = await ownLogId(runtime)
  const info = log === null ? undefined : store.reader.log(log)
  const cursors = session ? session.tools.cursors.all() : (await store.loadCursors()).values()
  const live = new Map<string, number>()
  const known = [...cursors]
  for (const { facts, state } of known) {
    if (state === 'live') live.set(facts.root, (live.get(facts.root) ?? 0) + 1)
  }
  const suspects = suspectRowsOf(known)
  return {
    host: config.name ?? info?.hostName ?? home.hostName,
    log,
    recording: session !== null,
    streams: known.length,
    events: info?.events ?? 0,
    bytes: info?.bytes ?? 0,
    lastEvent: timeOf(info),
    lagBytes: session?.own.writer.pendingBytes ?? 0,
    roots: watchedRoots(home, config).map((root) => ({
      name: root.name,
      format: root.format.name,
      path: root.base,
      found: files.stat(root.base)?.type === 'directory',
      files: live.get(root.name) ?? 0,
    })),
    logs: store.reader.logs().map((each) => ({
      log: each.log,
      host: each.hostName,
      own: each.log === log,
      events: each.events,
      bytes: each.bytes,
      last: timeOf(each),
      lost: each.lost,
    })),
    peers: await peerStatusRows(runtime),
    inbound: inboundRows(runtime),
    forks: (await knownForks(store)).map((fork) => ({
      log: fork.log,
      host: store.reader.log(fork.log)?.hostName ?? fork.log.slice(0, 8),
      offset: fork.offset,
      peer: fork.peer,
      found: new Date(fork.foundMs).toISOString(),
    })),
    held: (session?.writeBack.held ?? []).map(({ file, path, reason }) => ({ path: file ?? path, reason })),
    suspects,
    problems: session?.recorder.problems ?? [],
    conflicts: await openConflictCount(runtime),
    disk: { storeBytes: folderBytes(home.storeFolder), budgetBytes: config.diskBudgetBytes },
    unclean: session?.unclean ?? null,
  }
}

function timeOf(info: LogInfo | undefined): string | null {
  return info?.last ? new Date(info.last.ms).toISOString() : null
}
