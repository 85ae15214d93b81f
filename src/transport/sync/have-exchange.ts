import { HoldfastError } from '../../engine/core/errors.js'
import type { Channel } from './channel.js'
import { expectType } from './handshake.js'
import { changeSince, HaveSet } from './have-set.js'
import type { LogEntry } from './have-set.js'
import { sameBytes } from './log-bytes.js'
import type { Memory } from './memory-codec.js'
import type { HaveMessage, ProofDigests } from './messages.js'
import type { SyncLimits } from './sync-limits.js'

/** About what a chain, its place and what surrounds them take on the wire, and a log before its ranges. */
const rangeBytes = 44
const logBytes = 160

export interface HaveExchange {
  readonly channel: Channel
  /** What this host holds now, and what it remembers. */
  readonly now: HaveSet
  readonly memory: Memory | undefined
  readonly mine: ProofDigests
  readonly theirs: ProofDigests
  readonly limits: SyncLimits
  /** Whether the two tell less than the digests in their proofs stand for. */
  readonly filtered: boolean
}

/** Tells the peer what is here and hears what is there: of both only what the other does not know yet. */
export async function exchangeHaves(exchange: HaveExchange): Promise<HaveSet> {
  // At once: two ends that both tell much before they listen would wait for each other.
  const [heard] = await Promise.all([hear(exchange), tell(exchange)])
  return heard
}

async function tell({ channel, now, memory, mine, theirs, limits, filtered }: HaveExchange): Promise<void> {
  const base = baseOf(mine, theirs, filtered)
  const before = base === 'all' ? new HaveSet() : base === 'memory' ? (memory?.told ?? new HaveSet()) : now
  const { changed, gone } = changeSince(before, now)
  const frames = split(changed, limits.listFrameBytes)
  for (const [i, logs] of frames.entries()) {
    const more = i < frames.length - 1
    await channel.send({ type: 'have', base, logs, gone: more ? [] : gone, more })
  }
}

async function hear(exchange: HaveExchange): Promise<HaveSet> {
  const { channel, now, memory, mine, theirs, limits, filtered } = exchange
  // The peer decides by the same digests: what it may rely on is known here before it speaks.
  const base = baseOf(theirs, mine, filtered)
  const known = base === 'equal' ? now : base === 'memory' ? memory?.heard : undefined
  const heard = new HaveSet(known?.entries)
  const bounds = new ToldBounds(limits)
  for (;;) {
    const message = expectType(await channel.next(), 'have')
    if (message.base !== base)
      throw new HoldfastError('PROTOCOL', `the peer tells “${message.base}” where “${base}” is due`)
    bounds.check(message)
    for (const entry of message.logs) heard.put(entry)
    for (const log of message.gone) heard.remove(log)
    if (!message.more) return heard
  }
}

/** What the teller may leave out: both ends see it in the digests. `mine` are the teller's. */
function baseOf(mine: ProofDigests, theirs: ProofDigests, filtered: boolean): HaveMessage['base'] {
  if (!filtered && sameBytes(mine.have, theirs.have)) return 'equal'
  return mine.told.length > 0 && sameBytes(mine.told, theirs.heard) ? 'memory' : 'all'
}

/** Bounds of all that one peer tells in one session. */
class ToldBounds {
  readonly #limits: SyncLimits
  #logs = 0
  #ranges = 0
  #last = ''

  constructor(limits: SyncLimits) {
    this.#limits = limits
  }

  check({ logs, gone, more }: HaveMessage): void {
    if (more && logs.length === 0) throw new HoldfastError('PROTOCOL', 'a list of haves goes on with nothing')
    for (const { identity, held, stubs } of logs) {
      if (identity.log <= this.#last) throw new HoldfastError('PROTOCOL', 'a list of haves is not in order')
      this.#last = identity.log
      this.#ranges += held.length + stubs.length
    }
    this.#logs += logs.length
    const { haveMaxLogs, haveMaxRanges } = this.#limits
    if (this.#logs > haveMaxLogs || gone.length > haveMaxLogs || this.#ranges > haveMaxRanges)
      throw new HoldfastError('PROTOCOL', 'the peer tells of more logs or holes than the protocol allows')
  }
}

/** Logs by frames of about `frameBytes`; at least one frame, even if empty. */
function split(entries: readonly LogEntry[], frameBytes: number): LogEntry[][] {
  const frames: LogEntry[][] = [[]]
  let bytes = 0
  for (const entry of entries) {
    const cost = logBytes + rangeBytes * (entry.held.length + entry.stubs.length)
    if (bytes > 0 && bytes + cost > frameBytes) {
      frames.push([])
      bytes = 0
    }
    frames.at(-1)?.push(entry)
    bytes += cost
  }
  return frames
}
