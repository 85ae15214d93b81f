import { writeClaudeSession } from './corpus-claude.js'
import { writeCodexSession } from './corpus-codex.js'
import { planCorpus } from './corpus-plan.js'
import type { CorpusOptions, PlannedFile } from './corpus-plan.js'
import { writeAgentMeta, writeGeminiChat, writeTask, writeTodos } from './corpus-small.js'
import { ByteSink, TextSource } from './corpus-text.js'
import { SeededRandom } from './random.js'

export type { CorpusOptions } from './corpus-plan.js'

/** Ready sizes: tiny for continuous integration; S, M and L as in the comparison with other tools. */
export const corpusSizes = {
  tiny: { bytes: 2_000_000, files: 40 },
  S: { bytes: 26_000_000, files: 100 },
  M: { bytes: 250_000_000, files: 1_000 },
  L: { bytes: 1_300_000_000, files: 10_000 },
} as const satisfies Record<string, Omit<CorpusOptions, 'seed'>>

export type CorpusSize = keyof typeof corpusSizes

export function isCorpusSize(name: string): name is CorpusSize {
  return Object.hasOwn(corpusSizes, name)
}

export interface CorpusFile {
  /** Relative to a home directory, with `/`. */
  readonly path: string
  readonly bytes: Buffer
  /** When the agent wrote it last, in ms since 1970. */
  readonly modifiedMs: number
}

/** The home directory that the sessions' working directories name. */
export const corpusHome = '/home/ada'

/**
 * A home directory's session trees, one file after the other: Claude Code sessions with subagents, tool results,
 * todos and tasks, Codex rollouts, Gemini chats. Generated text only, shaped by the figures of corpus-profile.ts.
 * The same options give the same bytes. Only one file is held at a time.
 */
export function* generateCorpus(options: CorpusOptions): Generator<CorpusFile> {
  const writer = new CorpusWriter(options.seed)
  let owed = 0
  for (const planned of planCorpus(options)) {
    // A file ends with the line that passes its length: the next ones make up for what is too much.
    const bytes = Math.max(0, planned.bytes - owed)
    for (const file of writer.write({ ...planned, bytes })) {
      owed += file.bytes.length
      yield file
    }
    owed -= planned.bytes
  }
}

interface Session {
  readonly id: string
  readonly folder: string
  readonly cwd: string
  readonly startMs: number
  tasks: number
}

const firstDayMs = Date.UTC(2025, 0, 6)
const dayMs = 86_400_000

class CorpusWriter {
  readonly #seed: number | string
  readonly #projects: SeededRandom
  readonly #sink = new ByteSink()
  #files = 0
  #session: Session

  constructor(seed: number | string) {
    this.#seed = seed
    this.#projects = new SeededRandom(`projects ${seed}`)
    this.#session = this.#nextSession()
  }

  *write(planned: PlannedFile): Generator<CorpusFile> {
    // A seed of its own for each file: what one file draws changes no other.
    const random = new SeededRandom(`file ${this.#files++} ${this.#seed}`)
    const sink = this.#sink
    const text = this.#begin(random)
    switch (planned.kind) {
      case 'session': {
        const session = (this.#session = this.#nextSession())
        const modifiedMs = writeClaudeSession(random, sink, text, {
          ...planned,
          ...session,
          sessionId: session.id,
        })
        yield this.#file(`${session.folder}/${session.id}.jsonl`, modifiedMs)
        return
      }
      case 'subagent': {
        const session = this.#session
        const agentId = random.hex(17)
        const own = { ...planned, ...session, sessionId: session.id, agentId }
        const modifiedMs = writeClaudeSession(random, sink, text, own)
        const path = `${session.folder}/${session.id}/subagents/agent-${agentId}`
        yield this.#file(`${path}.jsonl`, modifiedMs)
        writeAgentMeta(sink, this.#begin(random))
        yield this.#file(`${path}.meta.json`, session.startMs)
        return
      }
      case 'codex': {
        const session = this.#nextSession()
        const modifiedMs = writeCodexSession(random, sink, text, {
          ...planned,
          ...session,
          sessionId: session.id,
        })
        const start = new Date(session.startMs).toISOString()
        const day = start.slice(0, 10).replaceAll('-', '/')
        const name = `rollout-${start.slice(0, 19).replaceAll(':', '-')}-${session.id}.jsonl`
        yield this.#file(`.codex/sessions/${day}/${name}`, modifiedMs)
        return
      }
      case 'gemini': {
        const session = this.#nextSession()
        const modifiedMs = writeGeminiChat(random, sink, text, {
          ...planned,
          ...session,
          sessionId: session.id,
        })
        const minute = new Date(session.startMs).toISOString().slice(0, 16).replaceAll(':', '-')
        const name = `session-${minute}-${session.id.slice(0, 8)}.jsonl`
        yield this.#file(`.gemini/tmp/${random.hex(64)}/chats/${name}`, modifiedMs)
        return
      }
      default:
        yield this.#companion(planned, random, text)
    }
  }

  /** A small file that belongs to the latest session. */
  #companion(planned: PlannedFile, random: SeededRandom, text: TextSource): CorpusFile {
    const session = this.#session
    const sink = this.#sink
    if (planned.kind === 'todos') {
      writeTodos(random, sink, text)
      return this.#file(`.claude/todos/${session.id}-agent-${session.id}.json`, session.startMs)
    }
    if (planned.kind === 'task') {
      writeTask(random, sink, text, ++session.tasks)
      return this.#file(`.claude/tasks/${session.id}/${session.tasks}.json`, session.startMs)
    }
    text.write(Math.max(1, planned.bytes))
    const path = `${session.folder}/${session.id}/tool-results/toolu_${random.hex(24)}.txt`
    return this.#file(path, session.startMs)
  }

  #begin(random: SeededRandom): TextSource {
    this.#sink.length = 0
    return new TextSource(random, this.#sink)
  }

  #file(path: string, modifiedMs: number): CorpusFile {
    return { path, bytes: this.#sink.copy(), modifiedMs }
  }

  /** Few projects have most of the sessions. */
  #nextSession(): Session {
    const random = this.#projects
    const project = Math.floor(40 * random.float() ** 3)
    const names = new TextSource(new SeededRandom(`project ${project} ${this.#seed}`), this.#sink)
    const name = names
      .words(2)
      .replaceAll(/[^a-z ]/g, '')
      .replaceAll(' ', '-')
    const cwd = `${corpusHome}/code/${name}`
    const startMs = firstDayMs + random.int(250) * dayMs + random.int(dayMs)
    const folder = `.claude/projects/${cwd.replaceAll(/[^a-zA-Z0-9]/g, '-')}`
    return { id: random.uuid(), folder, cwd, startMs, tasks: 0 }
  }
}
