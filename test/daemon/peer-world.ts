import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findHome } from '../../src/daemon/home.js'
import { storedIdentity } from '../../src/daemon/log-continuity.js'
import { serve } from '../../src/daemon/operations/serve.js'
import { meetOver, type PeerSession, type PeerSessionOptions } from '../../src/daemon/peer-session.js'
import type { ConfiguredPeer } from '../../src/daemon/config.js'
import type { Runtime } from '../../src/daemon/runtime.js'
import type { LogInfo } from '../../src/engine/ports/log.js'
import { createMemoryLinks } from '../../src/transport/links/memory-link.js'
import { keptIo, RecordedHome } from './recorded-home.js'
import { temporaryFolder } from './temporary-home.js'

/** A home of this name; its sessions are written by the test. */
export function namedHome(name: string): RecordedHome {
  const folder = temporaryFolder()
  return new RecordedHome(
    findHome({ HOLDFAST_HOME: join(folder, 'home'), HOME: folder, HOLDFAST_NAME: name }),
  )
}

/** As `namedHome`, of a host that keeps what peers send in its log alone. */
export function vaultHome(name: string): RecordedHome {
  const made = namedHome(name)
  writeFileSync(made.home.configFile, 'write:\n  back: false\n', { mode: 0o600 })
  return made
}

/** `a` meets `b` once, as `sync` at `a` does with the served end at `b`; only the link is in memory. */
export function meetIn(
  a: Runtime,
  b: Runtime,
  options: Partial<PeerSessionOptions> & {
    readonly peer?: Partial<ConfiguredPeer>
    readonly cutAfterBytes?: number
  } = {},
): Promise<PeerSession> {
  const { peer, cutAfterBytes, ...session } = options
  const cut = cutAfterBytes === undefined ? {} : { cutAfterBytes: cutAfterBytes }
  const { near, far } = createMemoryLinks({ clock: a.clock, random: a.random, ...cut })
  const served = serve(b, {}, { ...keptIo(), input: far.receive, bytes: (chunk) => far.send(chunk) })
  void served.catch(() => undefined).then(() => far.close())
  const entry = { name: 'peer', url: 'exec:true', direction: 'both' as const, ...peer }
  const met = meetOver(
    a,
    entry,
    () => near,
    { send: true, receive: true, dryRun: false, ...session },
    keptIo(),
  )
  return Promise.allSettled([met, served]).then(([outcome]) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}

/** As `meetIn`, with both stores opened for it. */
export function meet(
  a: RecordedHome,
  b: RecordedHome,
  options: Parameters<typeof meetIn>[2] = {},
): Promise<PeerSession> {
  return a.with((mine) => b.with((theirs) => meetIn(mine, theirs, options)))
}

/** Everything that one host's session files hold at another, by path. */
export async function replayed(holder: RecordedHome, host: string): Promise<Record<string, string>> {
  const to = join(mkdtempSync(join(holder.user, 'replay-')), 'to')
  await holder.replay({ host, to, verify: true })
  const found: Record<string, string> = {}
  const base = join(to, 'claude')
  for (const entry of readdirSync(base, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name).slice(base.length + 1)
    found[path] = await holder.bytes(`x/${path}`, { host })
  }
  return found
}

/** The log that a home writes now, and all that it holds. */
export function logsAt(
  home: RecordedHome,
): Promise<{ readonly own: string; readonly all: readonly LogInfo[] }> {
  return home.with(async (runtime) => ({
    own: (await storedIdentity(runtime))!.log,
    all: runtime.store.reader.logs(),
  }))
}

/** Keeps the store and the identity of a home, and puts both back into the very folders, as a machine's snapshot does. */
export function snapshot({ home, user }: RecordedHome): () => void {
  const kept = mkdtempSync(join(user, 'snapshot-'))
  const folders = [home.storeFolder, home.identityFolder]
  for (const [i, folder] of folders.entries()) cpSync(folder, join(kept, String(i)), { recursive: true })
  return () => {
    for (const [i, folder] of folders.entries()) {
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
      const from = join(kept, String(i))
      for (const name of readdirSync(from)) cpSync(join(from, name), join(folder, name))
    }
  }
}

/** A home that begins as a copy of another's Holdfast and sessions, on the same machine. */
export function cloned(from: RecordedHome, name: string): RecordedHome {
  const home = namedHome(name)
  for (const folder of ['storeFolder', 'identityFolder'] as const)
    cpSync(from.home[folder], home.home[folder], { recursive: true })
  cpSync(join(from.user, '.claude'), join(home.user, '.claude'), { recursive: true })
  return home
}
