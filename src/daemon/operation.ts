import type { Runtime } from './runtime.js'

/** How far a long operation is. `total` is null where nobody knows. */
export interface Progress {
  /** What is being done, for people: `checking the log`. */
  readonly phase: string
  readonly done: number
  readonly total: number | null
  readonly unit: 'files' | 'bytes' | 'events'
}

/** What an operation says to its caller while it runs. */
export interface OperationIo {
  progress(progress: Progress): void
  /** Binary output. Resolves when the consumer took it: await it, or memory grows without bound. */
  bytes(chunk: Uint8Array): Promise<void>
  /** Binary input, where the caller has some; to be read once. While nobody reads, the caller is held back. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Aborts when the caller cancels, disappears, or the daemon stops. */
  readonly signal: AbortSignal
}

/**
 * What a command asks of Holdfast. Runs in the daemon when one runs, else in the command's own process with the
 * store opened. Arguments and result are plain JSON values, as they may cross a socket.
 */
export type Operation<A = never, R = unknown, T = Runtime> = (
  runtime: T,
  args: A,
  io: OperationIo,
) => Promise<R>

/** Operations by name. */
export type Operations<T = Runtime> = Readonly<Record<string, Operation<never, unknown, T>>>
