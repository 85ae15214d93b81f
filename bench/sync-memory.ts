import { readdirSync, readFileSync } from 'node:fs'
import { processFigures } from './process-figures.js'

const sampleEveryMs = 20
/** They only carry what the tool under test says: no contender is charged for them. */
const carriers: ReadonlySet<string> = new Set([
  'ssh',
  'sshd',
  'sshd-session',
  'sshd-auth',
  'sh',
  'bash',
  'dash',
])

/**
 * Watches how much memory a process takes, with those that it started and those that they started, without ssh, sshd and
 * shells: the greatest sum, over those that live at one moment, of the most that each has had. Linux only; 0 elsewhere.
 */
export class PeakMemory {
  readonly #timer: NodeJS.Timeout
  /** Every process that was ever seen: whether it is to be watched, or leads to one that may be. */
  readonly #seen = new Map<number, { readonly below: boolean; watched: boolean }>()
  #peakMB = 0

  constructor(root: number) {
    this.#seen.set(root, { below: true, watched: false })
    this.#timer = setInterval(() => this.#sample(), sampleEveryMs)
    this.#sample()
  }

  /** Ends the watch. In MB (10⁶ bytes). */
  stop(): number {
    clearInterval(this.#timer)
    return this.#peakMB
  }

  #sample(): void {
    let sumMB = 0
    for (const pid of processIds()) {
      if (!this.#seen.has(pid)) this.#meet(pid)
      const known = this.#seen.get(pid)
      // A process is a shell, or a copy of its parent, before it becomes what it is to be.
      if (known?.below && !known.watched) known.watched = !carriers.has(nameOf(pid) ?? 'sh')
      if (known?.watched) sumMB += processFigures(pid)?.peakMB ?? 0
    }
    this.#peakMB = Math.max(this.#peakMB, sumMB)
  }

  #meet(pid: number): void {
    const parent = parentOf(pid)
    if (parent === null) return
    this.#seen.set(pid, { below: this.#seen.get(parent)?.below ?? false, watched: false })
  }
}

/** In ascending order, so that a parent is mostly met before its child. */
function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0)
      .sort((a, b) => a - b)
  } catch {
    return []
  }
}

function nameOf(pid: number): string | null {
  return statOf(pid)?.name ?? null
}

function parentOf(pid: number): number | null {
  return statOf(pid)?.parent ?? null
}

function statOf(pid: number): { readonly name: string; readonly parent: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name stands in parentheses and may hold any character, a parenthesis too.
    const [, name = '', rest = ''] = /\((.*)\) \S+ (\d+)/s.exec(text) ?? []
    return { name, parent: Number(rest) }
  } catch {
    return null
  }
}
