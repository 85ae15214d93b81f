import type { LogId } from '../engine/core/event.js'
import type { Damage } from '../engine/ports/check.js'
import type { LogWriter } from '../engine/ports/log.js'
import type { Durable } from '../engine/record/cursor-table.js'
import type { WriteBack } from '../engine/writeback/write-back.js'
import type { FileObserver } from '../engine/record/file-observer.js'
import type { ObserverTools } from '../engine/record/observer-tools.js'
import type { Recorder } from '../engine/record/recorder.js'
import type { DaemonRoot } from './watched-roots.js'

/** This host's log, open for writing. */
export interface OwnLog {
  readonly writer: LogWriter
  readonly hostName: string
  /** Why a new log was opened just now, in words; null where the old one goes on. */
  readonly opened: string | null
  /** Earlier logs of this host, newest first. */
  readonly earlier: readonly LogId[]
  /** Whether one of them is forked. Peers hold other bytes of it: nothing that goes there may refer to it. */
  readonly afterFork: boolean
  /** Notes how far the log is, outside the store. Durable when it returns. */
  witness(): void
}

/** A recording that runs: this host's log open for writing, and the recorder over its roots. */
export interface RecordingSession {
  readonly own: OwnLog
  readonly recorder: Recorder
  readonly observer: FileObserver
  readonly tools: ObserverTools
  readonly roots: readonly DaemonRoot[]
  /** Puts other hosts' events into this host's files, when it is asked to. */
  readonly writeBack: WriteBack
  /** Calls when write-back may have something to do. Returns how to end it. */
  onWake(listener: () => void): () => void
  /** Whether the last run ended without saying so. */
  readonly unclean: boolean
  /** What the check at the start found and nobody was told yet, and the files whose content it tore. */
  untold: { readonly damage: readonly Damage[]; readonly torn: readonly string[] }
  /** The log that the start read from its first event on, if it did and nothing was written since. */
  wholeLogChecked: LogId | null
  /** Aborts when the recording ends: whoever listens to it listens to nothing from then on. */
  readonly ended: AbortSignal
  /** Called with what became durable. Returns how to end it. */
  subscribe(listener: (durable: readonly Durable[]) => void): () => void
  /** Ends the recording and says so in the store. */
  stop(): Promise<void>
}
