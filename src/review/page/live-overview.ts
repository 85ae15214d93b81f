import type { OverviewAnswer } from '../api-types.js'
import { AskError, isUnreachable, read } from './ask.js'

/** How it stands with hearing from this host. */
export type LiveState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'live'; readonly overview: OverviewAnswer; readonly atMs: number }
  | { readonly kind: 'failing'; readonly error: AskError; readonly retryMs: number | null }

const everyMs = 4_000
/** Without a daemon each question opens the store, which keeps commands waiting. */
const everyWithoutDaemonMs = 20_000
const retryAfterMs = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 60_000]

/** Asks for the overview again and again while the page is visible; after some failures in a row only when told to. */
export class LiveOverview {
  #state: LiveState = { kind: 'waiting' }
  #latest: OverviewAnswer | null = null
  #failures = 0
  #timer: number | undefined
  #asking = false
  readonly #listeners = new Set<(state: LiveState) => void>()

  constructor() {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.now()
      else clearTimeout(this.#timer)
    })
  }

  get state(): LiveState {
    return this.#state
  }

  /** The last answer, also while asking fails. */
  get latest(): OverviewAnswer | null {
    return this.#latest
  }

  /** Calls back at every change until the returned function is called. */
  subscribe(listener: (state: LiveState) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Asks at once. */
  now(): void {
    clearTimeout(this.#timer)
    if (!this.#asking) void this.#ask()
  }

  /** Asks at once, and begins to count failures anew. */
  again(): void {
    this.#failures = 0
    this.now()
  }

  async #ask(): Promise<void> {
    this.#asking = true
    try {
      const overview = await read<OverviewAnswer>('overview')
      this.#failures = 0
      this.#latest = overview
      this.#say({ kind: 'live', overview, atMs: Date.now() })
      this.#later(overview.daemon.running ? everyMs : everyWithoutDaemonMs)
    } catch (error) {
      this.#failed(
        error instanceof AskError ? error : new AskError('INTERNAL', String(error), 'Reload the page.'),
      )
    } finally {
      this.#asking = false
    }
  }

  #failed(error: AskError): void {
    const retryMs = retryAfterMs[this.#failures] ?? (isUnreachable(error) ? null : everyWithoutDaemonMs)
    this.#failures++
    this.#say({ kind: 'failing', error, retryMs })
    if (retryMs !== null) this.#later(retryMs)
  }

  #later(ms: number): void {
    clearTimeout(this.#timer)
    if (document.visibilityState === 'visible') this.#timer = window.setTimeout(() => void this.#ask(), ms)
  }

  #say(state: LiveState): void {
    this.#state = state
    for (const listener of this.#listeners) listener(state)
  }
}
