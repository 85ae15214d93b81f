import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** What a running process takes. */
export interface ProcessFigures {
  /** Memory that it has now, and the most it had so far, in MB (10⁶ bytes). */
  readonly memoryMB: number
  readonly peakMB: number
  /** Processor time of all its threads so far, in ms. */
  readonly cpuMs: number
}

/** Reads /proc, or asks `ps` where there is none; then the peak is the moment's. undefined where it has ended. */
export function processFigures(pid: number): ProcessFigures | undefined {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  } catch {
    return undefined
  }
}

function fromProc(pid: number): ProcessFigures | undefined {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / 1e6
  const memoryMB = megabytes('VmRSS')
  // A process that ended and was not waited for has no memory.
  return Number.isNaN(memoryMB) ? undefined : { memoryMB, peakMB: megabytes('VmHWM'), cpuMs: cpuMs(pid) }
}

/** The scheduler's own count, in ns: the clock ticks of /proc/PID/stat are too coarse for a process at rest. */
function cpuMs(pid: number): number {
  let sum = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  }
  return sum / 1e6
}

function fromPs(pid: number): ProcessFigures {
  const [rss = '', time = ''] = execFileSync('ps', ['-o', 'rss=,time=', '-p', String(pid)], {
    encoding: 'utf8',
  })
    .trim()
    .split(/\s+/)
  const memoryMB = (Number(rss) * 1024) / 1e6
  const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return { memoryMB, peakMB: memoryMB, cpuMs: seconds * 1000 }
}
