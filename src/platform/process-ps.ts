import { realpathSync } from 'node:fs'
import type { AgentList, AgentProcess, Processes } from '../engine/ports/processes.js'
import { agentOf } from './process-agent.js'
import { HolderTable } from './process-holder-table.js'

/** Runs a command to its end; undefined where it could not be started. */
export type Run = (command: string, args: readonly string[]) => { readonly stdout: string } | undefined

type Holders = ReturnType<Processes['holders']>

/** Paths in one call of lsof: with paths of 4 KB each still below every system's limit for arguments. */
const lsofMaxPaths = 50

/** Who holds the paths open, by lsof. null where there is none. */
export function holdersByLsof(paths: readonly string[], run: Run): Holders | null {
  const found = new HolderTable()
  // lsof answers with real paths (/private/tmp for /tmp).
  const asked = new Map<string, string[]>()
  for (const path of paths) {
    const real = realPath(path)
    if (real !== undefined) asked.set(real, [...(asked.get(real) ?? []), path])
  }
  const reals = [...asked.keys()]
  for (let at = 0; at < reals.length; at += lsofMaxPaths) {
    const result = run('lsof', ['-w', '-n', '-P', '-Fpn', '--', ...reals.slice(at, at + lsofMaxPaths)])
    if (!result) return null
    for (const { pid, name } of parseLsof(result.stdout)) {
      if (pid === process.pid) continue
      for (const path of asked.get(name) ?? []) found.add(path, pid)
    }
  }
  return { known: true, byPath: found.sorted() }
}

/** The agents of this machine, by ps, and where they run, by one lsof. null where there is no ps. */
export function agentsByPs(also: ReadonlySet<number>, run: Run): AgentList | null {
  const result = run('ps', ['-axww', '-o', 'pid=,lstart=,command='])
  if (!result) return null
  const found: Omit<AgentProcess, 'cwd'>[] = []
  for (const { pid, startedMs, command } of parsePs(result.stdout)) {
    if (pid === process.pid) continue
    const agent = agentOf('', argvOf(command))
    if (agent) found.push({ pid, startedMs, ...agent })
    else if (also.has(pid)) found.push({ pid, startedMs, agent: null, args: argvOf(command).slice(1) })
  }
  if (found.length === 0) return { known: true, list: [] }
  const pids = found.map(({ pid }) => pid).join(',')
  const lsof = run('lsof', ['-w', '-n', '-P', '-a', '-d', 'cwd', '-p', pids, '-Fpn'])
  const cwds = new Map(parseLsof(lsof?.stdout ?? '').map(({ pid, name }) => [pid, name]))
  const list = found.map((each) => ({ ...each, cwd: cwds.get(each.pid) ?? null }))
  return { known: true, list: list.toSorted((a, b) => a.pid - b.pid) }
}

/** Reads what `lsof -Fpn` prints: a line `p<pid>` for each process, then `n<name>` for each of its files. */
export function parseLsof(output: string): { readonly pid: number; readonly name: string }[] {
  const rows: { pid: number; name: string }[] = []
  let pid = 0
  for (const line of output.split('\n')) {
    if (line.startsWith('p')) pid = Number(line.slice(1))
    else if (line.startsWith('n') && pid > 0) rows.push({ pid, name: line.slice(1) })
  }
  return rows
}

export interface PsRow {
  readonly pid: number
  readonly startedMs: number | null
  readonly command: string
}

/** Reads what `ps -o pid=,lstart=,command=` prints in the C locale: `123 Thu Jun 11 21:53:36 2026 claude -c`. */
export function parsePs(output: string): PsRow[] {
  const rows: PsRow[] = []
  for (const line of output.split('\n')) {
    const match = /^\s*(\d+)\s+\w{3} (\w{3}\s+\d+ \d\d:\d\d:\d\d \d{4})\s+(.*)$/.exec(line)
    if (!match) continue
    const [, pid, start = '', command = ''] = match
    const startedMs = Date.parse(start.replace(/\s+/g, ' '))
    rows.push({ pid: Number(pid), startedMs: Number.isNaN(startedMs) ? null : startedMs, command })
  }
  return rows
}

/** ps joins arguments by spaces. A folder with a space in its name hides an agent below it only if its own name does. */
function argvOf(command: string): string[] {
  const argv = command.split(' ').filter((part) => part !== '')
  const last = /^(\/.*?\/(?:claude|codex|gemini))(?: |$)/.exec(command)?.[1]
  return last?.includes(' ') ? [last, ...command.slice(last.length + 1).split(' ')] : argv
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    // What is not there is open nowhere that lsof could name.
    return undefined
  }
}
