import { plainPath } from '../core/host-path.js'
import { slugMatches } from '../core/slug.js'
import type { AgentName, AgentProcess } from '../ports/processes.js'
import type { RegistryEntry } from './agent-sessions.js'

/** What is known of one session file before a write. Times are ms since 1970 by this machine's wall clock. */
export interface LiveCheck {
  /** Absolute, on this machine. */
  readonly path: string
  /** The agent that writes such files: the name of the root's format. Others have no process that is known. */
  readonly agent: string
  /**
   * Ids of the sessions that the file belongs to: its own, and for what a session keeps in files of their own
   * (subagents, tool results, todos) the parent's.
   */
  readonly sessions: readonly string[]
  /** The session's real working directory on this machine; null where it is not known. */
  readonly cwd: string | null
  readonly exists: boolean
  /** When the file was first known to exist here; null where nobody can tell. */
  readonly existsSinceMs: number | null
  /** mtime of the last change by anyone but us; null where only we write it, or where it does not exist. */
  readonly lastForeignChangeMs: number | null
}

export type LiveKind = 'open' | 'agent' | 'registry' | 'lock' | 'recent'

/** Why a file is not to be written now, in words for the user, and when it is worth while to look again. */
export interface LiveSign {
  readonly live: true
  readonly kind: LiveKind
  readonly reason: string
  readonly pid?: number
  readonly retryAfterMs: number
}

export type Liveness = { readonly live: false } | LiveSign

/** Who runs on this machine at one moment. */
export interface Running {
  readonly agents: readonly AgentProcess[]
  /** Only of processes that live. */
  readonly registry: readonly RegistryEntry[]
  /** mtime of a session's own file in a project folder; null where there is none. */
  readonly sessionMtime: (projectFolder: string, session: string) => number | null
}

/** A process that ends is noticed by looking again; a look costs milliseconds. */
const processRetryMs = 2000
/** Starts are known to 10 ms, changes to a tick of the kernel's clock: what lies this close may be either way around. */
const startSlackMs = 100

/**
 * The sign of a process that has the session, in the order of what is surest:
 *
 * 1. The registry names the session, and the process lives. (`registry`)
 * 2. An agent's arguments name the session: `--resume ID`, `--session-id=ID`, `resume ID`. (`agent`)
 * 3. An agent of the file's kind runs in the session's directory, and nobody can tell which session it is on. It may have
 *    this one where somebody but us changed the file since the process began, or where the file was there before (it may
 *    have been resumed, and is in its memory). A file that came later and that only we write is not in its memory.
 *
 * A registry entry (or an argument) with another session clears a process of rule 3, but not always: the entry keeps its
 * first session after the user began a new one in the same process, and where the agent went on with the last session of
 * the folder it names one that never gets a file. So a change of this file since the process began still counts unless
 * the session that the entry names was written later, and so does an agent told to go on with the last one while the
 * session that its entry names has no file.
 */
export function processSign(check: LiveCheck, running: Running): LiveSign | null {
  const { sessions } = check
  for (const { pid, session } of running.registry) {
    if (session !== null && sessions.includes(session)) {
      return { ...sign('registry', `claude (pid ${pid}) has it open`), pid }
    }
  }
  const agents = running.agents.filter(({ agent }) => agent !== null && agent === check.agent)
  for (const { agent, pid, args } of agents) {
    if (sessions.some((session) => namesSession(args, session))) {
      return { ...sign('agent', `${agent} (pid ${pid}) was started with it`), pid }
    }
  }
  if (!check.exists) return null
  for (const process of agents) {
    const entry = running.registry.find((each) => each.pid === process.pid)
    if (!runsInPlace(process.cwd ?? entry?.cwd ?? null, check) || !mayHaveIt(process, check, running))
      continue
    return { ...sign('agent', `${process.agent} (pid ${process.pid}) runs in its project`), pid: process.pid }
  }
  return null
}

function sign(kind: LiveKind, reason: string): LiveSign {
  return { live: true, kind, reason, retryAfterMs: processRetryMs }
}

/** By the slug too: it is what the agent made of the real path, whatever links the known directory goes through. */
function runsInPlace(cwd: string | null, check: LiveCheck): boolean {
  if (cwd === null) return false
  const project = projectFolderOf(check.path)
  const slug = project?.slice(project.lastIndexOf('/') + 1)
  if (slug !== undefined && slugMatches(slug, cwd)) return true
  // Without either, any agent of the kind may have it.
  return check.cwd === null ? slug === undefined : plainPath(check.cwd) === plainPath(cwd)
}

function mayHaveIt(process: AgentProcess, check: LiveCheck, running: Running): boolean {
  const { startedMs } = process
  const { lastForeignChangeMs: changedMs, existsSinceMs } = check
  const changedSince = changedMs !== null && (startedMs === null || changedMs >= startedMs - startSlackMs)
  const wasThere = existsSinceMs === null || startedMs === null || existsSinceMs <= startedMs + startSlackMs
  if (!changedSince && !wasThere) return false

  const other = otherSession(process, running)
  if (other === null) return true
  const project = projectFolderOf(check.path)
  const otherMs = project === null ? null : running.sessionMtime(project, other)
  if (changedSince) return otherMs === null || otherMs <= (changedMs ?? 0)
  return otherMs === null && goesOnWithLast(process)
}

/** The session that a process is said to be on; null where nothing tells. */
function otherSession({ pid, args }: AgentProcess, running: Running): string | null {
  const entry = running.registry.find((each) => each.pid === pid)
  return entry?.session ?? args.map(idOf).find((id) => id !== null) ?? null
}

/**
 * `…/projects/<slug>` of Claude Code: the deepest folder that is a slug of an absolute path, since folders above the
 * root may look like one and those of a session don't. null where there is none.
 */
function projectFolderOf(path: string): string | null {
  const folders = path.split('/').slice(0, -1)
  const at = folders.findLastIndex((folder) => /^(?:-|[A-Za-z]--)/.test(folder))
  return at === -1 ? null : folders.slice(0, at + 1).join('/')
}

const idPattern = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i

function idOf(arg: string): string | null {
  const id = idPattern.exec(arg)?.[0]
  return id !== undefined && (arg === id || arg.endsWith(`=${id}`) || arg.endsWith('.jsonl')) ? id : null
}

const sessionOptions = new Set(['--resume', '-r', '--session-id', '--session', 'resume'])

/** Whether a command line asks for this session. An id that is none (a short name) counts only behind an option. */
function namesSession(args: readonly string[], session: string): boolean {
  if (session === '') return false
  return args.some((arg, at) => {
    if (idOf(arg) === session) return true
    const [option = '', value] = arg.startsWith('--') ? arg.split('=', 2) : []
    if (value === session && sessionOptions.has(option)) return true
    return arg === session && sessionOptions.has(args[at - 1] ?? '')
  })
}

const goOnOptions: Readonly<Record<AgentName, readonly string[]>> = {
  claude: ['--continue', '-c', '--resume', '-r'],
  codex: ['resume'],
  gemini: ['--resume', '-r'],
}

/** Whether it was told to go on with a session that the arguments do not name. */
function goesOnWithLast({ agent, args }: AgentProcess): boolean {
  return agent !== null && args.some((arg) => goOnOptions[agent].includes(arg))
}
