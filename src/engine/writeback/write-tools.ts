import type { HostId } from '../core/event.js'
import type { RecoverTools } from '../recover/recover-tools.js'
import type { Recorder } from '../record/recorder.js'
import type { Streams } from '../streams/streams.js'
import type { LiveWriters } from './live-writer.js'

/** What may be written back of a stream. */
export interface WritePolicy {
  /** False: other hosts' events are held, and nothing is written. */
  readonly back: boolean
  /** What a host's file becomes while two hosts' continuations are not settled. hold: it stays as it is. */
  readonly onConflict: 'union' | 'hold' | 'split'
}

/** What write-back needs besides what recovery needs. */
export interface WriteTools extends RecoverTools {
  readonly recorder: Recorder
  readonly streams: Streams
  readonly liveWriters: LiveWriters
  /** This host. */
  readonly host: HostId
  readonly quietTimeMs: () => number
  readonly policy: (root: string, project: string) => WritePolicy
  /** The other Holdfast that owns a root, by the root's name; null where this one does. */
  readonly ownedBy: (root: string) => string | null
}

export interface WrittenFile {
  readonly root: string
  readonly path: string
  /** Bytes that were put into it. */
  readonly bytes: number
}

/** A file that is not as it should be, left so on purpose. */
export interface HeldFile {
  readonly root: string
  readonly path: string
  /** Absolute where the file has a place here. */
  readonly file: string | null
  readonly stream: string
  readonly reason: string
}
