import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * When a process started, as a text that equals itself only for that very process: a pid is reused, the pair
 * is not. null where there is no such process or the system does not tell.
 */
export function processStart(pid: number): string | null {
  if (process.platform === 'linux') return linuxStart(pid)
  if (process.platform === 'win32') return null
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return started || null
  } catch {
    // ps exits 1 where there is no such process.
    return null
  }
}

function linuxStart(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses and may itself hold spaces and parentheses. Of the
    // fields after it, the 1st is the state and the 20th the start, in clock ticks since boot.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, ticks] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X') return null
    return ticks === undefined ? null : `${boot}:${ticks}`
  } catch {
    return null
  }
}

/** Whether this pid runs, and is the process that started at `start` (null: any process of that pid counts). */
export function isProcess(pid: number, start: string | null): boolean {
  if (start !== null) return processStart(pid) === start
  // A process that ended and was not reaped yet (a container without init) still takes signals: /proc knows better.
  if (process.platform === 'linux' && processStart(process.pid) !== null) return processStart(pid) !== null
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: somebody else's process, but one of that pid.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
