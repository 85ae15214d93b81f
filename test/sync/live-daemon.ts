import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { call } from '../../src/daemon/call.js'
import { findHome } from '../../src/daemon/home.js'
import type { StatusResult } from '../../src/daemon/operations/status.js'
import { isProcess } from '../../src/daemon/process-start.js'
import type { SyncHome } from './home.js'

/** Asks the daemon of a home how it stands, from this very process: quicker than a command. */
export function statusOf({ userHome, holdfastHome, name }: SyncHome): Promise<StatusResult> {
  const home = findHome({ HOME: userHome, HOLDFAST_HOME: holdfastHome, HOLDFAST_NAME: name })
  const io = {
    progress: () => undefined,
    bytes: () => Promise.resolve(),
    signal: AbortSignal.timeout(30_000),
  }
  const local = (): never => {
    throw new Error(`the daemon of ${name} does not run`)
  }
  return call<StatusResult>(home, 'status', {}, io, { local })
}

/** Number of events that a daemon holds of the newest log of a host. */
export async function eventsAt(holder: SyncHome, host: string): Promise<number> {
  const { logs } = await statusOf(holder)
  return Math.max(0, ...logs.filter((log) => log.host === host).map(({ events }) => events))
}

/** Resolves when it is so. Fails with what stands in the way after a minute. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`)
    await sleep(10)
  }
}

/** The address of a home whose serving processes all note their ids, and those of them that live. */
export function watchedUrl(home: SyncHome): { readonly url: string; living(): number[] } {
  const file = join(home.folder, 'serving.pids')
  return {
    url: `exec:echo $$ >> '${file}'; ${home.url.slice('exec:'.length)}`,
    living: () => {
      const pids = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []
      return pids.filter((pid) => isProcess(pid, null))
    },
  }
}

/** Files by a digest of what they hold: a difference then names the file, not a megabyte. */
export function digests(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([path, bytes]) => [path, `${bytes.length} ${hex(bytes)}`]))
}

/** The sessions that a home's own agent wrote and that are not among these files, byte for byte. */
export function lackingOf(owner: SyncHome, files: ReadonlyMap<string, Uint8Array>): string[] {
  const there = new Set(Object.values(digests(files)))
  return Object.entries(digests(owner.files)).flatMap(([path, digest]) => (there.has(digest) ? [] : [path]))
}

/** Resolves when the holder's daemon has every event of the owner's. */
export function holdsAll(holder: SyncHome, owner: SyncHome): Promise<void> {
  return until(`${holder.name} holds what ${owner.name} recorded`, async () => {
    const events = (await statusOf(owner)).events
    return events > 0 && (await eventsAt(holder, owner.name)) === events
  })
}
