import type { Clock } from '../ports/clock.js'
import type { Files } from '../ports/files.js'
import type { AgentProcess, Processes } from '../ports/processes.js'
import { liveEntries, readRegistry } from './agent-sessions.js'
import { ChangeAge } from './change-age.js'
import { processSign, type LiveCheck, type Liveness, type LiveSign, type Running } from './live-decision.js'
import { LockBeside } from './lock-beside.js'

export interface LiveWritersTools {
  readonly files: Files
  readonly processes: Processes
  readonly clock: Clock
  /** Folders of Claude Code that may hold a registry of live sessions: `~/.claude`, `$CLAUDE_CONFIG_DIR`. */
  readonly claudeFolders: readonly string[]
}

/** A lock that was not touched for longer was left behind. */
const lockMaxMs = 10 * 60 * 1000
const lockRetryMs = 2000
/** Who opens, appends and closes holds a file for less than a millisecond. */
const openRetryMs = 500

const quiet: Liveness = { live: false }

/** Tells who is writing a session on this machine. One for the life of the process: it remembers times in the future. */
export class LiveWriters {
  readonly #tools: LiveWritersTools
  readonly #age: ChangeAge

  constructor(tools: LiveWritersTools) {
    this.#tools = tools
    this.#age = new ChangeAge(tools.clock)
  }

  /** Looks at what runs now; a few milliseconds. Take a new one for each pass of write-back. */
  survey(): Survey {
    const { files, processes, claudeFolders } = this.#tools
    // The registry first: a process that begins in between is then one of which nothing is told, which is the safe side.
    const entries = readRegistry(files, claudeFolders)
    const { list } = processes.agents(entries.map(({ pid }) => pid))
    const registry = liveEntries(entries, list)
    const registered = new Set(registry.map(({ pid }) => pid))
    const agents = list.flatMap((each): AgentProcess[] => {
      if (each.agent !== null) return [each]
      return registered.has(each.pid) ? [{ ...each, agent: 'claude' }] : []
    })
    const sessionMtime = (folder: string, session: string): number | null =>
      files.stat(`${folder}/${session}.jsonl`)?.mtimeMs ?? null
    return new Survey(this.#tools, this.#age, { agents, registry, sessionMtime })
  }
}

/**
 * What runs on this machine, as of one moment, held against files. A file is live where any of these says so:
 *
 * - a process that has its session (`processSign` in live-decision.ts has those rules),
 * - a lock, a temporary file or an editor's swap file beside it that was touched in the last 10 minutes (`lock`),
 * - a change by anyone but us within the quiet time; one in the future counts from when it was first seen (`recent`),
 * - a process that holds it open; asked anew each time (`open`). Where the system does not tell, the others decide.
 */
export class Survey {
  readonly #tools: LiveWritersTools
  readonly #age: ChangeAge
  readonly #running: Running
  readonly #locks: LockBeside

  constructor(tools: LiveWritersTools, age: ChangeAge, running: Running) {
    this.#tools = tools
    this.#age = age
    this.#running = running
    this.#locks = new LockBeside(tools.files, tools.clock)
  }

  /** The agents that run, sorted by pid. */
  get agents(): readonly AgentProcess[] {
    return this.#running.agents
  }

  /** Whether somebody may be writing the file. Throws FileError where it can't be looked at. */
  liveness(check: LiveCheck, quietTimeMs: number): Liveness {
    const signs = this.signs(check, quietTimeMs)
    return signs.live || !check.exists ? signs : this.heldOpen(check.path)
  }

  /** The same without asking who holds the file open: for many files, with one `openPaths` for all that are quiet. */
  signs(check: LiveCheck, quietTimeMs: number): Liveness {
    return processSign(check, this.#running) ?? this.#lock(check) ?? this.#recent(check, quietTimeMs) ?? quiet
  }

  /** Whether a process other than this one holds the file open now. */
  heldOpen(path: string): Liveness {
    return this.openPaths([path]).get(path) ?? quiet
  }

  /** Which of these files other processes hold open now; one pass for all. */
  openPaths(paths: readonly string[]): ReadonlyMap<string, LiveSign> {
    const { byPath } = this.#tools.processes.holders(paths)
    return new Map(
      [...byPath].flatMap(([path, pids]) => (pids[0] === undefined ? [] : [[path, this.#open(pids)]])),
    )
  }

  #open(pids: readonly number[]): LiveSign {
    const named = pids.map((pid) => {
      const agent = this.#running.agents.find((each) => each.pid === pid)?.agent
      return agent ? `${pid} (${agent})` : String(pid)
    })
    const reason = `open in process ${named.join(', ')}`
    return { live: true, kind: 'open', reason, pid: pids[0] ?? 0, retryAfterMs: openRetryMs }
  }

  #lock({ path }: LiveCheck): LiveSign | null {
    const young = this.#locks
      .of(path)
      .find((lock) => this.#age.of(lock.path, lock.mtimeMs, lockMaxMs) < lockMaxMs)
    if (!young) return null
    return { live: true, kind: 'lock', reason: `lock file ${young.name}`, retryAfterMs: lockRetryMs }
  }

  #recent({ path, lastForeignChangeMs }: LiveCheck, quietTimeMs: number): LiveSign | null {
    if (lastForeignChangeMs === null) return null
    const ageMs = this.#age.of(path, lastForeignChangeMs, quietTimeMs)
    if (ageMs >= quietTimeMs) return null
    const reason = `written ${(ageMs / 1000).toFixed(1)} s ago`
    return { live: true, kind: 'recent', reason, retryAfterMs: Math.max(1, Math.ceil(quietTimeMs - ageMs)) }
  }
}
