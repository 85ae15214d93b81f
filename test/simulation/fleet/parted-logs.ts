import type { LogId } from '../../../src/engine/core/event.js'
import type { Ledger } from '../checkers/ledger.js'

/** Logs of which stores hold different events under one name. */
export function partedLogs(ledgers: readonly Ledger[]): ReadonlySet<LogId> {
  const known = new Map<string, string>()
  const parted = new Set<LogId>()
  for (const ledger of ledgers) {
    for (const log of ledger.logs()) {
      for (const [offset, event] of ledger.events(log).entries()) {
        if (!event) continue
        const name = `${log}@${offset}`
        const digest = known.get(name) ?? event.digest
        known.set(name, digest)
        if (digest !== event.digest) parted.add(log)
      }
    }
  }
  return parted
}

/** Where logs ever branched, whatever became of the stores since. An event's digest stands for all before it. */
export class Branchings {
  /** What ever followed an event, by log, offset and the digest before. */
  readonly #followers = new Map<string, Set<string>>()
  readonly #offsets = new Set<string>()

  /** To be called whenever a store's events may go: what it holds now has been. */
  note(ledger: Ledger): void {
    for (const log of ledger.logs()) {
      let before = ''
      for (const [offset, event] of ledger.events(log).entries()) {
        if (!event) break
        const place = `${log}@${offset}`
        const name = `${place} ${before}`
        const followers = this.#followers.get(name) ?? new Set()
        this.#followers.set(name, followers.add(event.digest))
        if (followers.size > 1) this.#offsets.add(place)
        before = event.digest
      }
    }
  }

  has(log: LogId, offset: number): boolean {
    return this.#offsets.has(`${log}@${offset}`)
  }
}
