import { drawQuantile, WeightedNames } from './corpus-draw.js'
import { writeRecord } from './corpus-line.js'
import { claude, claudeFirstLines, claudeLines } from './corpus-profile.js'
import type { ClaudeLineType } from './corpus-profile.js'
import { ClaudeClock } from './corpus-claude-clock.js'
import { claudeRecord, isNode } from './corpus-claude-records.js'
import type { ClaudeState } from './corpus-claude-records.js'
import type { ByteSink, TextSource } from './corpus-text.js'
import type { SeededRandom } from './random.js'

export interface ClaudeSessionOptions {
  readonly sessionId: string
  readonly cwd: string
  readonly startMs: number
  /** The file ends with the line that reaches this length. */
  readonly bytes: number
  /** Length of one very long line to place; 0 for none. */
  readonly longLineBytes: number
  /** Whether one line is no JSON. */
  readonly invalidLine: boolean
  /** Set for a subagent's file. */
  readonly agentId?: string
}

const sessionTypes = new WeightedNames(typeWeights(() => true))
const agentTypes = new WeightedNames(typeWeights((type) => isNode(type) && type !== 'attachment'))
const firstTypes = new WeightedNames(Object.entries(claudeFirstLines) as [ClaudeLineType, number][])

function typeWeights(wanted: (type: ClaudeLineType) => boolean): [ClaudeLineType, number][] {
  const types = Object.keys(claudeLines) as ClaudeLineType[]
  return types.filter(wanted).map((type) => [type, claudeLines[type].share])
}

/** Of the lines without a uuid, those that repeat an earlier one exactly. */
const repeatShare = claude.duplicateLineShare / claude.withoutUuidShare

type Incident = 'long' | 'invalid' | 'missing-parent' | 'second-root' | 'compaction'

/** Writes one Claude Code session into the sink. Returns the time of its last line, in ms since 1970. */
export function writeClaudeSession(
  random: SeededRandom,
  sink: ByteSink,
  text: TextSource,
  options: ClaudeSessionOptions,
): number {
  return new ClaudeWriter(random, sink, text, options).write()
}

class ClaudeWriter {
  readonly #random: SeededRandom
  readonly #sink: ByteSink
  readonly #text: TextSource
  readonly #options: ClaudeSessionOptions
  readonly #clock: ClaudeClock
  readonly #state: ClaudeState
  readonly #forks: boolean
  readonly #plain: { start: number; length: number }[] = []
  #lines = 0

  constructor(random: SeededRandom, sink: ByteSink, text: TextSource, options: ClaudeSessionOptions) {
    this.#random = random
    this.#sink = sink
    this.#text = text
    this.#options = options
    this.#clock = new ClaudeClock(random, options.startMs)
    this.#forks = random.chance(claude.files.withFork)
    this.#state = {
      sessionId: options.sessionId,
      agentId: options.agentId,
      cwd: options.cwd,
      branch: random.chance(0.6) ? 'main' : `feature/${text.words(1)}`,
      version: `2.1.${random.int(60)}`,
      leaf: null,
      parentOfLeaf: null,
      pendingTool: null,
      toolName: 'Bash',
    }
  }

  write(): number {
    const { bytes, agentId } = this.#options
    const types = agentId === undefined ? sessionTypes : agentTypes
    const dangles = this.#random.chance(claude.files.withDanglingToolUse)
    const incidents = this.#planIncidents()
    this.#line(agentId === undefined ? firstTypes.draw(this.#random) : 'user')
    while (this.#sink.length < bytes || this.#lines < 2 || incidents.length > 0) {
      const due = incidents[0]
      if (due && this.#sink.length >= due.at) {
        incidents.shift()
        this.#incident(due.kind)
      } else this.#line(types.draw(this.#random))
    }
    if (dangles && this.#state.pendingTool === null) this.#line('assistant', undefined, { tool: true })
    if (!dangles && this.#state.pendingTool !== null) this.#line('user')
    if (this.#random.chance(claude.files.withoutFinalNewline)) this.#sink.length--
    return this.#clock.latestMs
  }

  #planIncidents(): { at: number; kind: Incident }[] {
    const { longLineBytes, invalidLine, bytes } = this.#options
    const random = this.#random
    const kinds: Incident[] = []
    if (longLineBytes > 0) kinds.push('long')
    if (invalidLine) kinds.push('invalid')
    if (random.chance(claude.files.withMissingParent)) kinds.push('missing-parent')
    if (random.chance(claude.files.withSecondRoot)) kinds.push('second-root')
    if (random.chance(claude.files.withCompaction)) kinds.push('compaction')
    return kinds
      .map((kind) => ({ at: random.float() * (bytes - longLineBytes) * 0.9, kind }))
      .sort((a, b) => a.at - b.at)
  }

  #incident(kind: Incident): void {
    const state = this.#state
    switch (kind) {
      case 'long':
        state.pendingTool ??= `toolu_${this.#random.hex(24)}`
        this.#line('user', this.#options.longLineBytes)
        break
      case 'missing-parent':
        state.leaf = this.#random.uuid()
        this.#line('user')
        break
      case 'second-root':
        state.leaf = null
        this.#line('user')
        break
      case 'compaction':
        this.#line('system', undefined, { compacts: true })
        break
      case 'invalid':
        this.#invalidLine()
    }
  }

  #line(type: ClaudeLineType, length?: number, how: { tool?: boolean; compacts?: boolean } = {}): void {
    const random = this.#random
    this.#lines++
    if (!isNode(type) && this.#plain.length > 0 && random.chance(repeatShare)) {
      const earlier = random.pick(this.#plain)
      this.#sink.repeat(earlier.start, earlier.length)
      return
    }
    const state = this.#state
    if (isNode(type) && this.#forks && state.parentOfLeaf !== null && random.chance(claude.forkShare)) {
      state.leaf = state.parentOfLeaf
    }
    const target = length ?? Math.round(drawQuantile(random, claudeLines[type].length))
    const start = this.#sink.length
    const timestamp = new Date(this.#clock.next()).toISOString()
    const record = claudeRecord(random, state, { type, target, timestamp, ...how })
    writeRecord(this.#sink, this.#text, record, target)
    if (!isNode(type)) this.#plain.push({ start, length: this.#sink.length - start })
  }

  /** What crashes leave: a line cut short, one glued to the next, or NULs where data never reached the disk. */
  #invalidLine(): void {
    const sink = this.#sink
    const damage = this.#random.int(3)
    if (damage === 2) {
      const nulls = 512 * (1 + this.#random.int(8))
      sink.reserve(nulls)
      sink.buffer.fill(0, sink.length, sink.length + nulls)
      sink.length += nulls
      sink.write('\n')
    } else {
      sink.write(`{"parentUuid":"${this.#state.leaf ?? ''}","isSidechain":false,"type":"assis`)
      if (damage === 0) sink.write('\n')
    }
    this.#lines++
  }
}
