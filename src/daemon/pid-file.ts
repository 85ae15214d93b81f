import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isProcess, processStart } from './process-start.js'

/** What the pid file says about the daemon that wrote it. */
export interface DaemonRecord {
  readonly pid: number
  /** See `processStart`. */
  readonly start: string | null
  readonly sinceMs: number
  readonly version: string
}

/** Writes this process's record, private to the user. The caller holds the store, so nobody else writes here. */
export function writePidFile(file: string, version: string, nowMs: number): DaemonRecord {
  const record = { pid: process.pid, start: processStart(process.pid), sinceMs: nowMs, version }
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 })
  renameSync(temporary, file)
  return record
}

/** The daemon that the file names, if that very process still runs; undefined for a missing, torn or stale file. */
export function livingDaemon(file: string): DaemonRecord | undefined {
  const record = readPidFile(file)
  return record !== undefined && isProcess(record.pid, record.start) ? record : undefined
}

/** The daemon that the file names, if it ended without removing it: killed, or gone with the machine. */
export function deadDaemon(file: string): DaemonRecord | undefined {
  const record = readPidFile(file)
  return record !== undefined && !isProcess(record.pid, record.start) ? record : undefined
}

/** Removes the file if it is this process's own: a successor's must stay. */
export function removePidFile(file: string): void {
  if (readPidFile(file)?.pid === process.pid) rmSync(file, { force: true })
}

function readPidFile(file: string): DaemonRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    // Missing, or torn by a crash: either way it names no daemon.
    return undefined
  }
  return isRecord(value) ? value : undefined
}

function isRecord(value: unknown): value is DaemonRecord {
  if (typeof value !== 'object' || value === null) return false
  const { pid, start, sinceMs, version } = value as Partial<Record<keyof DaemonRecord, unknown>>
  return (
    Number.isSafeInteger(pid) &&
    (pid as number) > 0 &&
    (start === null || typeof start === 'string') &&
    typeof sinceMs === 'number' &&
    typeof version === 'string'
  )
}
