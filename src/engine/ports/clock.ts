/** Time, as the engine sees it. The only door to it. */
export interface Clock {
  /** Milliseconds since 1970 by the wall clock; may jump. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Randomness, as the engine sees it. */
export interface Random {
  bytes(length: number): Uint8Array
}
