import { FileError, type Files } from '../ports/files.js'
import type { AgentProcess } from '../ports/processes.js'

/** What an agent says of itself in the registry of its live sessions. */
export interface RegistryEntry {
  readonly pid: number
  /** The session that it was on when it said so; null where it does not say. */
  readonly session: string | null
  readonly cwd: string | null
  /** When the agent says it began, in ms since 1970; null where it does not say. */
  readonly startedMs: number | null
  /** When the entry was last written, in ms since 1970. */
  readonly mtimeMs: number
}

/** An entry is some hundred bytes; what is larger is none. */
const entryMaxBytes = 64 * 1024
/** Entries read of one folder. Each names a process, and a crash may leave some behind. */
const entriesMax = 4096
/** Between a process's start by the system's clock and its first word by its own. */
const clockSlackMs = 2000
/** The longest that an agent was seen to take from its start to its entry is three minutes. */
const registrationMaxMs = 10 * 60 * 1000

const sessionFields = ['sessionId', 'session_id', 'id']
const cwdFields = ['cwd', 'projectPath', 'project_path', 'projectDir']

/**
 * Reads `sessions/<pid>.json` of these folders of Claude Code (`~/.claude`, `$CLAUDE_CONFIG_DIR`). The registry is
 * undocumented: what is no entry is passed over, and nothing here throws for what it holds.
 * @returns sorted by pid; where two folders name one pid, the entry written last
 */
export function readRegistry(files: Files, claudeFolders: readonly string[]): RegistryEntry[] {
  const byPid = new Map<number, RegistryEntry>()
  for (const folder of new Set(claudeFolders)) {
    const names = quietly(() => files.list(`${folder}/sessions`))?.entries ?? []
    for (const { name, type } of names.slice(0, entriesMax)) {
      const pid = Number(/^([1-9]\d{0,9})\.json$/.exec(name)?.[1] ?? 0)
      if (pid === 0 || type !== 'file') continue
      const entry = quietly(() => readEntry(files, `${folder}/sessions/${name}`, pid))
      const other = byPid.get(pid)
      if (entry && (!other || other.mtimeMs < entry.mtimeMs)) byPid.set(pid, entry)
    }
  }
  return [...byPid.values()].toSorted((a, b) => a.pid - b.pid)
}

/**
 * The entries whose process lives. A pid is reused: a process that began after its entry was written is another one.
 * One that does not look like an agent counts only where it began when the entry says the agent did, because the
 * entries of a container, whose pids are other ones, may lie in the same folder.
 * @param processes what runs of the pids that the entries name
 */
export function liveEntries(
  entries: readonly RegistryEntry[],
  processes: readonly AgentProcess[],
): RegistryEntry[] {
  const running = new Map(processes.map((process) => [process.pid, process]))
  return entries.filter((entry) => {
    const process = running.get(entry.pid)
    if (!process || (process.agent !== null && process.agent !== 'claude')) return false
    if (process.startedMs === null) return process.agent !== null
    if (process.startedMs > entry.mtimeMs + clockSlackMs) return false
    if (process.agent !== null) return true
    const afterMs = entry.startedMs === null ? Number.NaN : entry.startedMs - process.startedMs
    return afterMs >= -clockSlackMs && afterMs <= registrationMaxMs
  })
}

function readEntry(files: Files, path: string, pid: number): RegistryEntry | undefined {
  const handle = files.open(path)
  if (!handle) return undefined
  try {
    const { size, mtimeMs } = handle.stat()
    if (size > entryMaxBytes) return undefined
    const value: unknown = JSON.parse(new TextDecoder().decode(handle.read(0, size)))
    if (typeof value !== 'object' || value === null) return undefined
    const fields = value as Readonly<Record<string, unknown>>
    const startedMs = fields['startedAt']
    return {
      pid,
      session: textOf(fields, sessionFields),
      cwd: textOf(fields, cwdFields),
      startedMs: typeof startedMs === 'number' && Number.isFinite(startedMs) ? startedMs : null,
      mtimeMs,
    }
  } finally {
    handle.close()
  }
}

function textOf(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = fields[name]
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

/** An entry that can't be read, or is being written, tells nothing; the rules that need no registry still hold. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch (error) {
    if (error instanceof FileError || error instanceof SyntaxError) return undefined
    throw error
  }
}
