import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs'
import type { AgentList, AgentProcess, Processes } from '../engine/ports/processes.js'
import { agentOf } from './process-agent.js'
import { HolderTable } from './process-holder-table.js'
import { systemCode } from './system-error.js'

type Holders = ReturnType<Processes['holders']>

/** Ticks in a second of /proc on every platform that Node runs on. */
const ticksPerSecond = 100
/** Enough to tell the program; the whole command line is read only of an agent. */
const headBytes = 4096
/** A start later than now by more than this comes from clocks of two kinds (a container with its own uptime). */
const clockSlackMs = 2000

/**
 * Who holds the paths open, by the links in /proc/PID/fd. What another process calls by another path is found by inode:
 * a second hard link, or the same file below another mount (a container's), where it keeps its own name.
 *
 * It runs before every write, so each open file of each process costs one readlink, and a stat only where its name is
 * one of those asked for or a file has several names.
 */
export function holdersByProc(paths: readonly string[], proc: string): Holders | null {
  const pids = pidsOf(proc)
  if (pids.length === 0) return null
  const wanted = new Set(paths)
  const byInode = new Map<string, string[]>()
  const names = new Set<string>()
  let linked = false
  for (const path of paths) {
    const stats = quietly(() => statSync(path, { throwIfNoEntry: false }))
    if (!stats) continue
    const inode = `${stats.dev}:${stats.ino}`
    byInode.set(inode, [...(byInode.get(inode) ?? []), path])
    names.add(nameOf(path))
    linked ||= stats.nlink > 1
  }
  const found = new HolderTable()
  const me = process.getuid?.() ?? 0
  for (const pid of pids) {
    if (pid === process.pid || isClosedTo(me, `${proc}/${pid}`)) continue
    for (const fd of quietly(() => readdirSync(`${proc}/${pid}/fd`)) ?? []) {
      const link = `${proc}/${pid}/fd/${fd}`
      const target = targetOf(link)
      if (target === null) break
      if (!target.startsWith('/')) continue
      // An atomic replace leaves the holder with the old inode; it still means this path.
      const path = wanted.has(target) ? target : target.replace(/ \(deleted\)$/, '')
      if (wanted.has(path)) found.add(path, pid)
      if (!linked && !names.has(nameOf(target))) continue
      const stats = quietly(() => statSync(link, { throwIfNoEntry: false }))
      for (const same of (stats && byInode.get(`${stats.dev}:${stats.ino}`)) ?? []) found.add(same, pid)
    }
  }
  return { known: true, byPath: found.sorted() }
}

/** The agents of this machine, and besides them the processes of `also`. null where /proc is none. */
export function agentsByProc(also: ReadonlySet<number>, proc: string, nowMs: number): AgentList | null {
  const pids = pidsOf(proc)
  if (pids.length === 0) return null
  const bootMs = bootTime(proc, nowMs)
  const list: AgentProcess[] = []
  for (const pid of pids) {
    if (pid === process.pid) continue
    const folder = `${proc}/${pid}`
    // Empty for the kernel's own threads and for a process that ended and was not reaped yet.
    const head = readHead(`${folder}/cmdline`)
    if (!head) continue
    const stat = parseStat(quietly(() => readFileSync(`${folder}/stat`, 'latin1')) ?? '')
    if (!stat || stat.state === 'Z' || stat.state === 'X') continue
    if (!agentOf(stat.name, argvOf(head)) && !also.has(pid)) continue
    const argv = argvOf(quietly(() => readFileSync(`${folder}/cmdline`, 'utf8')) ?? head)
    const command = agentOf(stat.name, argv)
    const startedMs = bootMs === null ? null : bootMs + (stat.startTicks * 1000) / ticksPerSecond
    list.push({
      pid,
      agent: command?.agent ?? null,
      cwd: cwdOf(folder),
      startedMs: startedMs === null || startedMs > nowMs + clockSlackMs ? null : startedMs,
      args: command?.args ?? argv.slice(1),
    })
  }
  return { known: true, list }
}

/** What /proc/PID/stat tells. The name stands in parentheses and may itself hold spaces and parentheses. */
export function parseStat(text: string): { name: string; state: string; startTicks: number } | null {
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const startTicks = Number(fields[19])
  if (end === -1 || fields.length < 20 || !Number.isFinite(startTicks)) return null
  return { name: text.slice(text.indexOf('(') + 1, end), state: fields[0] ?? '', startTicks }
}

function pidsOf(proc: string): number[] {
  const names = quietly(() => readdirSync(proc)) ?? []
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b)
}

/** Another user's process shows its files to the administrator alone; asking costs more than this look. */
function isClosedTo(me: number, folder: string): boolean {
  return me !== 0 && quietly(() => statSync(folder, { throwIfNoEntry: false }))?.uid !== me
}

/**
 * Where the link leads; '' for one that was closed meanwhile, null where this user may not see: then none of this
 * process's links shows, and each refusal costs more than the look itself.
 */
function targetOf(link: string): string | null {
  try {
    return readlinkSync(link)
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? '' : null
  }
}

/** By the uptime, which is finer than `btime` and follows a wall clock that was set. */
function bootTime(proc: string, nowMs: number): number | null {
  const text = quietly(() => readFileSync(`${proc}/uptime`, 'latin1'))
  const seconds = Number.parseFloat(text ?? '')
  return Number.isFinite(seconds) ? nowMs - seconds * 1000 : null
}

function argvOf(text: string): string[] {
  // A title is followed by as many NULs as the arguments that it replaced were long.
  const end = text.search(/\0*$/)
  return text.slice(0, end).split('\0')
}

function cwdOf(folder: string): string | null {
  const cwd = quietly(() => readlinkSync(`${folder}/cwd`))
  return cwd?.startsWith('/') ? cwd.replace(/ \(deleted\)$/, '') : null
}

const head = Buffer.alloc(headBytes)

function readHead(path: string): string {
  return (
    quietly(() => {
      const fd = openSync(path, 'r')
      try {
        return head.toString('utf8', 0, readSync(fd, head, 0, headBytes, 0))
      } finally {
        closeSync(fd)
      }
    }) ?? ''
  )
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A process that ended meanwhile, or that this user may not look into, holds nothing as far as we can see. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
