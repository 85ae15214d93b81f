import type { SyncFork, SyncProgress } from '../transport/sync/sync-types.js'
import type { SyncHost } from './sync-host.js'

export interface PeerFork extends SyncFork {
  /** By the name that this host has for it, or that it gives itself. */
  readonly peer: string
}

export interface SessionForksOptions {
  /** In a dry run nothing is kept. */
  readonly dryRun?: boolean
  /** Called with forks that nobody was told of before, as soon as they are known. */
  readonly onForks?: (forks: readonly PeerFork[]) => void
}

/** The forks that one session finds: each is kept, and told, once; a session that stays may go on for days after. */
export class SessionForks {
  readonly #host: SyncHost
  readonly #options: SessionForksOptions
  readonly #new: PeerFork[] = []
  #seen = 0
  /** Resolves when all that was found so far is kept. */
  kept: Promise<unknown> = Promise.resolve()

  constructor(host: SyncHost, options: SessionForksOptions = {}) {
    this.#host = host
    this.#options = options
  }

  onProgress({ forks = [] }: SyncProgress, peer: string): void {
    if (forks.length <= this.#seen || this.#options.dryRun) return
    this.#seen = forks.length
    // A failure to keep them shows when the session ends and they are kept once more.
    this.kept = this.kept.then(() => this.#keep(forks, peer)).catch(() => undefined)
  }

  /** Keeps all that the session found in the end. `newForks` are those that nobody was told of before it. */
  async keep(
    found: readonly SyncFork[],
    peer: string,
  ): Promise<{ readonly forks: readonly PeerFork[]; readonly newForks: readonly PeerFork[] }> {
    await this.kept
    return { forks: await this.#keep(found, peer), newForks: this.#new }
  }

  async #keep(found: readonly SyncFork[], peer: string): Promise<readonly PeerFork[]> {
    const forks = found.map((fork) => ({ ...fork, peer }))
    const news = await this.#host.newForks(forks)
    this.#new.push(...news)
    if (!this.#options.dryRun) await this.#host.keepForks(forks)
    if (news.length > 0) this.#options.onForks?.(news)
    return forks
  }
}
