/**
 * Histories of one stream on several hosts, as they come about: hosts append, exchange events, write back, crash,
 * rewrite, remove and resolve. From one seed, always the same.
 */
import type { EventBody, EventRef, FileFacts } from '../../src/engine/core/event.js'
import { createStreamView, type StreamView } from '../../src/engine/core/merge/stream-view.js'
import type { MergeFormat, StreamEvent } from '../../src/engine/core/merge/types.js'
import { isSubset, maximal, type Snapshot } from './history-snapshots.js'
import { SeededRandom } from './random.js'

export interface HistoryOptions {
  readonly hosts: number
  readonly steps: number
  /** Clocks differ and run backwards. */
  readonly skew: boolean
  /** Resets, removals, moves, new logs, stale agents, repeated lines and resolutions as well. */
  readonly wild: boolean
  /** Undoings as well. Wild ones only. */
  readonly undo?: boolean
  /** Content that some hosts have before Holdfast sees it; default: drawn. */
  readonly start?: readonly string[]
  /** Lines to append, instead of invented ones. */
  readonly lines?: Iterator<string>
}

export interface MadeHistory {
  readonly seed: string
  /** To go on from where the history ends. */
  readonly maker: HistoryMaker
  readonly events: readonly StreamEvent[]
  readonly hosts: readonly MadeHost[]
  /** Of histories that are not wild: what forks were made. */
  readonly snapshots: readonly Snapshot[]
  /** Lines in the order in which they were first written. */
  readonly tokens: readonly string[]
}

/** Texts stand for bytes, one character each. */
const encoder = { encode: (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0)) }
const decoder = new TextDecoder('latin1')

export class MadeHost {
  readonly host: string
  readonly view: StreamView
  readonly known = new Set<StreamEvent>()
  log: string
  offset = 0
  epoch = 0
  bytes: Uint8Array = new Uint8Array(0)
  present = false
  /** Whether its log has anything of the file. */
  started = false
  clock: number
  /** What the next append states as its parents. */
  pending: readonly EventRef[] = []
  last: Snapshot | null = null
  contained: Snapshot[] = []
  /** Bytes of the epoch before the last, for `base`. */
  #maker: HistoryMaker

  constructor(maker: HistoryMaker, at: number, format: MergeFormat) {
    this.#maker = maker
    this.host = maker.random.hex(32)
    this.log = maker.random.hex(32)
    this.clock = maker.options.skew ? maker.random.int(2000) : 0
    this.view = createStreamView(format)
    void at
  }

  emit(body: EventBody, parents: readonly EventRef[] = []): StreamEvent {
    const { random, options } = this.#maker
    const now = this.#maker.now++
    this.clock = options.skew ? Math.max(1, this.clock + random.int(40)) : now
    const event = {
      log: this.log,
      offset: this.offset,
      time: { ms: this.clock, counter: this.offset },
      parents,
      body,
    }
    this.offset += 1 + random.int(2)
    const made: StreamEvent = { event, digest: random.hex(64), host: this.host }
    this.#maker.events.push(made)
    this.learn(made)
    return made
  }

  learn(event: StreamEvent): void {
    if (this.known.has(event)) return
    this.known.add(event)
    this.view.add(event)
  }

  get facts(): FileFacts {
    return { root: 'r', format: 'claude', path: 'p/s.jsonl', home: '/h', cwd: null }
  }
}

export class HistoryMaker {
  readonly random: SeededRandom
  readonly options: HistoryOptions
  readonly events: StreamEvent[] = []
  readonly hosts: MadeHost[]
  readonly snapshots: Snapshot[] = []
  readonly tokens: string[] = []
  readonly format: MergeFormat
  now = 1

  constructor(seed: string, format: MergeFormat, options: HistoryOptions) {
    this.random = new SeededRandom(seed)
    this.format = format
    this.options = options
    this.hosts = Array.from({ length: options.hosts }, (_, at) => new MadeHost(this, at, format))
  }

  /** Copies that hosts had before Holdfast: the whole text, an older one, one with half a line; in any extents. */
  begin(): void {
    const { random } = this
    const lines = this.options.start ?? Array.from({ length: 1 + random.int(5) }, () => this.#line())
    for (const [at, host] of this.hosts.entries()) {
      if (at > 0 && random.chance(0.4)) continue
      const count = at === 0 || random.chance(0.5) ? lines.length : random.int(lines.length + 1)
      let text = lines
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join('')
      const next = lines[count]
      if (next !== undefined && random.chance(0.4)) text += next.slice(0, 1 + random.int(next.length))
      if (text.length > 0) this.append(host, text)
    }
  }

  /** Appends text in one or more extents. */
  append(host: MadeHost, text: string, options: { stale?: boolean } = {}): void {
    const bytes = encoder.encode(text)
    const cuts = [0, bytes.length]
    while (this.random.chance(0.35)) cuts.push(this.random.int(bytes.length))
    cuts.sort((a, b) => a - b)
    if (this.format.shape === 'whole') cuts.splice(1, cuts.length - 2)
    let parents = options.stale ? [] : host.pending
    for (let at = 1; at < cuts.length; at++) {
      const part = bytes.slice(cuts[at - 1], cuts[at])
      if (part.length === 0) continue
      if (!host.present) this.#newEpoch(host)
      const { epoch } = host
      const position = host.bytes.length
      const made = host.emit({ kind: 'append', file: host.facts, epoch, position, bytes: part }, parents)
      parents = []
      host.bytes = joined(host.bytes, part)
      this.#snapshot(host, made)
    }
    host.pending = []
  }

  value(host: MadeHost, text: string): void {
    const bytes = encoder.encode(text)
    if (host.started) host.epoch++
    host.started = true
    const made = host.emit({ kind: 'file', file: host.facts, epoch: host.epoch, bytes }, host.pending)
    host.bytes = bytes
    host.present = true
    host.pending = []
    this.#snapshot(host, made)
  }

  deliver(from: MadeHost, to: MadeHost): void {
    for (const event of from.known) to.learn(event)
  }

  /** Makes a host's file what it should be. Returns false where nothing was to be done. */
  writeBack(host: MadeHost): boolean {
    const target = host.view.viewFor(host.host)
    if (target.text === null || target.incomplete) return false
    const bytes = host.view.read(target.text.slice())
    if (!host.present && bytes.length === 0) return false
    host.pending = target.heads
    let keep = 0
    while (keep < host.bytes.length && keep < bytes.length && host.bytes[keep] === bytes[keep]) keep++
    if (keep === host.bytes.length && keep === bytes.length) {
      this.#contain(host)
      return false
    }
    // A file that is replaced keeps whole lines, so that each of the others is one record's bytes.
    if (keep > 0 && keep < host.bytes.length) keep = bytes.subarray(0, keep).lastIndexOf(10) + 1
    if (!host.present) this.#newEpoch(host)
    else if (keep < host.bytes.length) host.epoch++
    const pieces = target.text.slice(keep)
    host.emit({
      kind: 'written',
      file: host.facts,
      epoch: host.epoch,
      keep,
      pieces,
      heads: target.heads,
      length: bytes.length,
      digest: '',
    })
    host.bytes = bytes
    this.#contain(host)
    return true
  }

  reset(host: MadeHost, content: string): void {
    const bytes = encoder.encode(content)
    let keep = 0
    while (keep < host.bytes.length && keep < bytes.length && host.bytes[keep] === bytes[keep]) keep++
    host.epoch++
    host.emit({ kind: 'reset', file: host.facts, epoch: host.epoch, keep })
    host.bytes = host.bytes.slice(0, keep)
    host.pending = []
    if (keep < bytes.length) this.append(host, decoder.decode(bytes.slice(keep)))
  }

  remove(host: MadeHost): void {
    host.emit({ kind: 'remove', file: host.facts, epoch: host.epoch })
    this.#leave(host)
  }

  move(host: MadeHost): void {
    host.emit({ kind: 'move', file: host.facts, epoch: host.epoch, to: { root: 'r', path: 'archive' } })
    this.#leave(host)
  }

  /** The host opens a new log, which begins with what the old one had. */
  newLog(host: MadeHost): void {
    const source = { log: host.log, root: 'r', path: host.facts.path, epoch: host.epoch }
    host.log = this.random.hex(32)
    host.offset = 0
    host.epoch = 0
    host.emit({ kind: 'base', file: host.facts, epoch: 0, source, length: host.bytes.length, digest: '' })
  }

  resolve(host: MadeHost, choice: 'union' | 'keep'): void {
    const conflict = host.view.conflicts().find(({ status }) => status === 'open')
    if (!conflict) return
    const branch = this.random.pick(conflict.branches)
    const text =
      choice === 'keep' || this.format.shape === 'ordered'
        ? host.view.branchText(branch.head)
        : host.view.view().text
    const heads = host.view.heads()
    host.emit({ kind: 'resolve', stream: 's', heads, pieces: text?.slice() ?? [], choice })
  }

  undo(host: MadeHost): void {
    const done = [...host.known].filter(({ event }) => event.body.kind === 'resolve')
    if (done.length === 0) return
    const { event, digest } = this.random.pick(done)
    const head = { log: event.log, offset: event.offset, digest: digest.slice(0, 16) }
    host.emit({ kind: 'resolve', stream: 's', heads: [head], pieces: [], choice: 'undo' })
  }

  run(): void {
    if (this.format.shape === 'whole') {
      for (const host of this.hosts) if (this.random.chance(0.7)) this.value(host, this.#value())
    } else {
      this.begin()
    }
    for (let step = 0; step < this.options.steps; step++) this.#step()
  }

  #step(): void {
    const { random } = this
    const host = random.pick(this.hosts)
    const roll = random.float()
    if (roll < 0.3) this.deliver(random.pick(this.hosts), host)
    else if (roll < 0.5) this.writeBack(host)
    else if (!this.options.wild || roll < 0.8) this.#write(host)
    else this.#wild(host)
  }

  #write(host: MadeHost): void {
    if (this.format.shape === 'whole') {
      this.value(host, this.#value())
      return
    }
    // What a host appends to a file that it never had would be an unrelated text.
    if (!host.present && !this.options.wild) {
      if (!this.writeBack(host)) return
    }
    const { wild } = this.options
    const open = host.bytes.length > 0 && host.bytes.at(-1) !== 10
    let text = open && !wild ? '\n' : ''
    for (let count = 1 + this.random.int(3); count > 0; count--) text += `${this.#line()}\n`
    if (wild && this.random.chance(0.15)) text += this.#line().slice(0, 4)
    this.append(host, text, { stale: wild && this.random.chance(0.15) })
  }

  #wild(host: MadeHost): void {
    const { random } = this
    const text = decoder.decode(host.bytes)
    const lines = text.split('\n')
    const roll = random.int(12)
    if (roll < 2 && random.chance(0.9)) return this.resolve(host, random.pick(['union', 'keep']))
    if (roll === 2) return this.options.undo ? this.undo(host) : undefined
    if (!host.present) return
    if (roll === 3) return this.remove(host)
    if (roll === 4) return random.chance(0.3) ? this.move(host) : undefined
    if (roll === 5) return this.newLog(host)
    if (this.format.shape === 'whole') return this.value(host, random.pick(['', '\0\0', this.#value()]))
    if (roll === 6) return this.reset(host, text.slice(0, random.int(text.length + 1)))
    if (roll === 7) return this.reset(host, `${text.slice(0, random.int(text.length + 1))}\0\0\0\n`)
    if (roll === 8) return this.reset(host, [...lines.slice(0, -1), this.#line(), ''].join('\n'))
    if (roll === 9) {
      const at = random.int(lines.length)
      return this.reset(host, [...lines.slice(0, at), this.#line(), ...lines.slice(at + 1)].join('\n'))
    }
    if (roll === 10) return this.reset(host, `${this.#line()}\n${text}`)
    const at = random.int(lines.length)
    this.reset(host, [...lines.slice(0, at), ...lines.slice(at + 1)].join('\n'))
  }

  #line(): string {
    const given = this.options.lines?.next()
    if (given && !given.done) {
      this.tokens.push(given.value)
      return given.value
    }
    const { random } = this
    if (this.options.wild && random.chance(0.35))
      return random.pick(['{}', '{"a":1}', 'x', '', '{"uuid":"same","v":1}', '{"uuid":"same","v":2}'])
    const token = `{"uuid":"${this.tokens.length}","pad":"${'.'.repeat(random.int(4))}"}`
    this.tokens.push(token)
    return token
  }

  #value(): string {
    const { random } = this
    if (this.options.wild && random.chance(0.4)) return random.pick(['[]', '{}', '[1]'])
    const token = `[${this.tokens.length}]`
    this.tokens.push(token)
    return token
  }

  #newEpoch(host: MadeHost): void {
    if (host.started) host.epoch++
    host.started = true
    host.present = true
    host.bytes = new Uint8Array(0)
  }

  #leave(host: MadeHost): void {
    host.present = false
    host.bytes = new Uint8Array(0)
    host.pending = []
  }

  #snapshot(host: MadeHost, event: StreamEvent): void {
    const before = maximal([...(host.last ? [host.last] : []), ...host.contained])
    const made = { event, tokens: this.#held(host), parents: before }
    this.snapshots.push(made)
    host.last = made
    host.contained = []
  }

  /** What a host's file contains of what the host knows. */
  #contain(host: MadeHost): void {
    if (this.options.wild) return
    const held = this.#held(host)
    const known = this.snapshots.filter(
      ({ event, tokens }) => host.known.has(event) && isSubset(tokens, held),
    )
    host.contained = maximal(known)
  }

  #held(host: MadeHost): Set<string> {
    const text = decoder.decode(host.bytes)
    if (this.format.shape === 'whole') return new Set([text])
    const lines = text.split('\n').slice(0, -1)
    // Where order counts, a line is another one after another text.
    return new Set(
      this.format.shape === 'ordered' ? lines.map((_, at) => lines.slice(0, at + 1).join('\n')) : lines,
    )
  }
}

export function makeHistory(seed: string, format: MergeFormat, options: HistoryOptions): MadeHistory {
  const maker = new HistoryMaker(seed, format, options)
  maker.run()
  const { events, hosts, snapshots, tokens } = maker
  return { seed, maker, events: [...events], hosts, snapshots, tokens }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}
