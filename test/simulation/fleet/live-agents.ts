import type { AgentProcess } from '../../../src/engine/ports/processes.js'
import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { LiveAgent } from '../checkers/untouched.js'
import type { Inode } from '../inode.js'
import type { Machine } from './machine.js'
import { lastUuid, recordOf, type FleetSession } from './session-book.js'

/** A process that is on a session: it has read the file, and goes on from what it has in memory. */
export interface AgentOnFile extends LiveAgent {
  readonly session: FleetSession
  readonly path: string
  /** The file that it holds open, whatever became of its name; null for one that opens it anew for each record. */
  readonly held: Inode | null
  readonly startedMs: number
  /** The last record of the conversation, as it knows it. */
  last: string | null
}

/** The agents that run on one machine. They end when they are done, or with the machine. */
export class LiveAgents {
  readonly #machine: Machine
  readonly #random: SeededRandom
  #running: AgentOnFile[] = []
  #pids = 1000

  constructor(machine: Machine, random: SeededRandom) {
    this.#machine = machine
    this.#random = random
  }

  on(path: string): AgentOnFile | undefined {
    return this.#running.find((each) => each.path === path)
  }

  all(path: string): readonly AgentOnFile[] {
    return this.#running.filter((each) => each.path === path)
  }

  /** An agent begins to go on with a session that is there. */
  start(session: FleetSession, path: string, inode: Inode): void {
    const { untouched } = this.#machine.world
    const held = session.format !== 'claude' || this.#random.chance(0.2) ? inode : null
    this.#pids += 1
    this.#running.push({
      pid: this.#pids,
      session,
      path,
      held,
      startedMs: this.#machine.nowMs,
      sinceAgents: untouched.agentLooks,
      sinceFiles: held ? untouched.fileLooks : null,
      last: lastUuid(inode.bytes),
    })
    this.#note(`starts${held ? ' and holds' : ' on'}`, path)
  }

  /** It writes one record. @returns it, or null where its file is gone or the record is no line of its own */
  write(agent: AgentOnFile): Buffer | null {
    const { world } = this.#machine
    const { session, path, held } = agent
    const inode = held ?? world.disk.find(path)
    if (!inode) return null
    const before = inode.bytes
    const record = recordOf(session, before, this.#machine, this.#random, agent.last)
    agent.last = lastUuid(record) ?? agent.last
    world.disk.write(inode, Buffer.concat([before, record]), path)
    this.#note('writes', path)
    // Behind half a record it is glued to that.
    return before.length === 0 || before.at(-1) === 0x0a ? record : null
  }

  end(agent: AgentOnFile): void {
    this.#running = this.#running.filter((each) => each !== agent)
    this.#note('ends', agent.path)
  }

  endAll(): void {
    for (const agent of this.#running) this.end(agent)
  }

  /** As the system lists them. Programs that are no known agents show only by the files that they hold. */
  processes(): AgentProcess[] {
    return this.#running.flatMap(({ pid, session, startedMs }) => {
      if (session.format !== 'claude' && session.format !== 'codex') return []
      const cwd = `${this.#machine.world.home}/eon`
      const args = session.format === 'claude' ? ['--resume', session.id] : ['resume', session.id]
      return [{ pid, agent: session.format, cwd, startedMs, args }]
    })
  }

  holding(path: string): number[] {
    const there = this.#machine.world.disk.find(path)
    return this.#running.filter(({ held }) => held !== null && held === there).map(({ pid }) => pid)
  }

  #note(what: string, path: string): void {
    this.#machine.world.trace.note(`agent: ${what} ${path}`)
  }
}
