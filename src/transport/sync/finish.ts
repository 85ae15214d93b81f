import type { Channel } from './channel.js'

export interface FinishOptions {
  readonly channel: Channel
  /** Whether both ends tell each other when they are settled. */
  readonly settles: boolean
  /** What is still to be done here when all that was missing has moved. Called once, and only where `settles`. */
  readonly work: () => Promise<void>
  readonly onEnd: () => void
}

/** What the rest of the session knows at one moment. */
export interface Progressed {
  /** Whether nothing that was asked for or is new is on its way, in either direction, and no question is open. */
  readonly still: boolean
  /** The same for what this end sends alone. */
  readonly sent: boolean
  readonly peerSettled: boolean
}

/**
 * The end of a session that ends: work, then `settled` when all that the work added is acknowledged, then, when the peer is
 * settled too, the goodbye. An end that is settled still takes what the other adds: so neither waits for the other before
 * it has nothing more to give, and both end with all of it.
 */
export class Finish {
  readonly #options: FinishOptions
  #begun = false
  #worked = false
  #settled = false
  #peerDone = false
  #ended = false
  /** Whether this end said goodbye. */
  isDone = false

  constructor(options: FinishOptions) {
    this.#options = options
  }

  /**
   * To be called at every change once all that was missing has moved. Returns what the first call begins: the caller waits
   * for it, and calls `step` again when it is over.
   */
  step({ still, sent, peerSettled }: Progressed): Promise<void> | null {
    const { channel, settles, work, onEnd } = this.#options
    if (settles) {
      if (!this.#begun) {
        this.#begun = true
        return work().then(() => {
          this.#worked = true
        })
      }
      if (this.#worked && sent && !this.#settled) {
        this.#settled = true
        channel.post({ type: 'settled' })
      }
      if (!this.#settled || !peerSettled) return null
    }
    if (!still || this.#ended) return null
    if (!this.isDone) {
      this.isDone = true
      channel.post({ type: 'close', code: 'done', text: '' })
    }
    if (this.#peerDone) {
      this.#ended = true
      onEnd()
    }
    return null
  }

  /** The peer said goodbye. */
  onPeerDone(): void {
    this.#peerDone = true
  }
}
