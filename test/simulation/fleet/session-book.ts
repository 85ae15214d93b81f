import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { Machine } from './machine.js'

/** A session as people know it: the same on every machine, whatever its home is called. */
export interface FleetSession {
  readonly format: 'claude' | 'codex' | 'messages' | 'file'
  readonly id: string
  /** Whether every machine has one of its own under the name. */
  readonly shared: boolean
  pathBelow(home: string): string
}

/** All sessions that anybody began, and the machines. */
export class SessionBook {
  readonly sessions: FleetSession[] = []
  readonly machines: Machine[] = []
  /** Records that agents wrote whole, and nobody harmed: by the machine. */
  readonly authored: { readonly machine: string; readonly line: string }[] = []
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  begin(): FleetSession {
    const dice = this.#random.int(10)
    const id = this.#random.uuid()
    const session = dice < 6 ? claude(id) : dice < 8 ? codex(id) : dice < 9 ? messages() : state(id)
    const known = this.sessions.find((each) => each.id === session.id)
    if (!known) this.sessions.push(session)
    return known ?? session
  }
}

function claude(id: string): FleetSession {
  const pathBelow = (home: string): string =>
    `${home}/.claude/projects/${`${home}/eon`.replace(/[^a-zA-Z0-9]/g, '-')}/${id}.jsonl`
  return { format: 'claude', id, shared: false, pathBelow }
}

function codex(id: string): FleetSession {
  const pathBelow = (home: string): string =>
    `${home}/.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${id}.jsonl`
  return { format: 'codex', id, shared: false, pathBelow }
}

function messages(): FleetSession {
  return {
    format: 'messages',
    id: 'current',
    shared: true,
    pathBelow: (home) => `${home}/broker/current.jsonl`,
  }
}

function state(id: string): FleetSession {
  return { format: 'file', id, shared: false, pathBelow: (home) => `${home}/.claude/todos/${id}.json` }
}

/** What an agent writes next, given what its file holds: a record that goes on from the last one, or a whole state. */
export function recordOf(
  session: FleetSession,
  bytes: Buffer,
  machine: Machine,
  random: SeededRandom,
  last: string | null = lastUuid(bytes),
): Buffer {
  const { world, name } = machine
  const timestamp = new Date(Math.floor(world.time.nowMs + machine.skewMs)).toISOString()
  const uuid = random.uuid()
  const text = `${name} ${'abcdefgh'.repeat(random.int(random.chance(0.1) ? 200 : 6))}`
  const cwd = `${world.home}/eon`
  switch (session.format) {
    case 'claude': {
      if (random.chance(0.06)) return line({ type: 'custom-title', customTitle: text, sessionId: session.id })
      const message = { role: 'user', content: text }
      return line({ parentUuid: last, type: 'user', uuid, sessionId: session.id, cwd, timestamp, message })
    }
    case 'codex':
      return bytes.length === 0
        ? line({ timestamp, type: 'session_meta', payload: { id: session.id, cwd, text } })
        : line({ timestamp, type: 'response_item', payload: { id: uuid, text } })
    case 'messages':
      return line({ message_id: uuid, timestamp, content: text })
    case 'file':
      return Buffer.from(JSON.stringify({ id: uuid, todo: text }))
  }
}

/** The id of the last record of a file that has one. */
export function lastUuid(bytes: Buffer): string | null {
  const lines = bytes.toString('utf8').split('\n').slice(0, -1)
  for (const each of lines.toReversed()) {
    try {
      const value: unknown = JSON.parse(each)
      if (typeof value !== 'object' || value === null || !('uuid' in value)) continue
      if (typeof value.uuid === 'string') return value.uuid
    } catch {
      // A line that somebody cut or edited.
    }
  }
  return null
}

function line(record: object): Buffer {
  return Buffer.from(`${JSON.stringify(record)}\n`)
}
