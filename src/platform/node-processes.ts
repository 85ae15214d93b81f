import { spawnSync } from 'node:child_process'
import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import type { Processes } from '../engine/ports/processes.js'

/** Runs a command to its end; undefined where it could not be started. */
export type Run = (command: string, args: readonly string[]) => { readonly stdout: string } | undefined

type Holders = ReturnType<Processes['holders']>

/** What replaces this machine in a test. */
export interface ProcessesOptions {
  readonly platform?: NodeJS.Platform
  readonly run?: Run
  /** Where the process file system is mounted. */
  readonly procFolder?: string
}

/** Paths in one call of lsof: with paths of 4 KB each still below every system's limit for arguments. */
const lsofMaxPaths = 50
const lsofTimeoutMs = 10_000

const unknown: Holders = { known: false, byPath: new Map() }

/** The processes of this machine: by /proc on Linux, by lsof on macOS, unknown elsewhere. */
export function createProcesses(options: ProcessesOptions = {}): Processes {
  const { platform = process.platform, run = runCommand, procFolder = '/proc' } = options
  if (platform === 'linux') return { holders: (paths) => holdersByProc(paths, procFolder) }
  if (platform === 'darwin') return { holders: (paths) => holdersByLsof(paths, run) }
  return { holders: () => unknown }
}

function holdersByProc(paths: readonly string[], procFolder: string): Holders {
  let pids: number[]
  try {
    pids = readdirSync(procFolder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return unknown
  }
  if (pids.length === 0) return unknown
  const found = new Found()
  // By inode too: a process in another mount namespace, or one that opened another name of the file, shows another
  // path.
  const pathsByInode = new Map<string, string[]>()
  for (const path of paths) {
    const inode = inodeOf(path)
    if (inode !== undefined) pathsByInode.set(inode, [...(pathsByInode.get(inode) ?? []), path])
  }
  const wanted = new Set(paths)
  for (const pid of pids) {
    if (pid === process.pid) continue
    for (const fd of quietly(() => readdirSync(`${procFolder}/${pid}/fd`)) ?? []) {
      const link = `${procFolder}/${pid}/fd/${fd}`
      const target = quietly(() => readlinkSync(link))
      if (!target?.startsWith('/')) continue
      // An atomic replace leaves the holder with the old inode; it still means this path.
      const path = wanted.has(target) ? target : target.replace(/ \(deleted\)$/, '')
      if (wanted.has(path)) found.add(path, pid)
      for (const same of pathsByInode.get(inodeOf(link) ?? '') ?? []) found.add(same, pid)
    }
  }
  return { known: true, byPath: found.sorted() }
}

function inodeOf(path: string): string | undefined {
  const stats = quietly(() => statSync(path, { throwIfNoEntry: false }))
  return stats && `${stats.dev}:${stats.ino}`
}

/** A process that ended meanwhile, or that this user may not look into, holds nothing as far as we can see. */
function quietly<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

function holdersByLsof(paths: readonly string[], run: Run): Holders {
  const found = new Found()
  // lsof answers with real paths (/private/tmp for /tmp).
  const asked = new Map<string, string[]>()
  for (const path of paths) {
    const real = quietly(() => realpathSync(path))
    if (real !== undefined) asked.set(real, [...(asked.get(real) ?? []), path])
  }
  const reals = [...asked.keys()]
  for (let at = 0; at < reals.length; at += lsofMaxPaths) {
    const result = run('lsof', ['-w', '-n', '-P', '-Fpn', '--', ...reals.slice(at, at + lsofMaxPaths)])
    if (!result) return unknown
    for (const { pid, name } of parseLsof(result.stdout)) {
      if (pid === process.pid) continue
      for (const path of asked.get(name) ?? []) found.add(path, pid)
    }
  }
  return { known: true, byPath: found.sorted() }
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

class Found {
  readonly #byPath = new Map<string, Set<number>>()

  add(path: string, pid: number): void {
    const pids = this.#byPath.get(path)
    if (pids) pids.add(pid)
    else this.#byPath.set(path, new Set([pid]))
  }

  sorted(): Map<string, number[]> {
    const rows = [...this.#byPath].map(([path, pids]) => [path, [...pids].toSorted((a, b) => a - b)] as const)
    return new Map(rows.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}

function runCommand(command: string, args: readonly string[]): { readonly stdout: string } | undefined {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: lsofTimeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  })
  // lsof exits with 1 where one of the paths is not open; only a failure to run it says nothing.
  return result.error ? undefined : { stdout: result.stdout }
}
