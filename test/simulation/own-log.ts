import {
  decideContinuity,
  newLogReasons,
  type StoreIdentity,
  type Witness,
} from '../../src/engine/core/continuity.js'
import type { LogId, OpenBody } from '../../src/engine/core/event.js'
import type { Random } from '../../src/engine/ports/clock.js'
import type { Hasher } from '../../src/engine/ports/hash.js'
import type { LogInfo, LogReader, LogWriter } from '../../src/engine/ports/log.js'
import { continuedLogs } from '../../src/engine/replay/select.js'
import type { LevelStore } from '../../src/store/level-store.js'
import { fenceOf, knownForks } from '../../src/daemon/sync-fence.js'
import type { HostKeys } from './host-keys.js'

/** What a machine keeps outside its store, in files of their own that are written atomically and synced. */
export interface Identity {
  machine: string
  /** Inode and birth time of the store's folder. */
  folder: string
  publicKey: Uint8Array | null
  witness: Witness | null
}

export interface OwnLogTools {
  readonly store: LevelStore
  readonly hasher: Hasher
  readonly random: Random
  readonly identity: Identity
  readonly home: string
  /** Called before each write outside the store; may end the process there. */
  readonly point: (name: string) => void
  /** For planted faults: goes on with the log whatever the evidence says. */
  readonly trusting?: boolean
  readonly hostName?: string
  /** Keys that prove something; without them a host key is any bytes. */
  readonly keys?: HostKeys | undefined
}

export interface OwnLog {
  readonly writer: LogWriter
  readonly opened: string | null
  readonly earlier: readonly LogId[]
  /** Whether one of the earlier logs parted: then peers hold other bytes under the names that it gave. */
  readonly afterFork: boolean
  witness(): void
}

const metaName = 'identity'
const noChain = '00'.repeat(32)

/** The steps of `openOwnLog` in src/daemon, over an identity that lives in memory instead of files. */
export async function openOwnLog(tools: OwnLogTools): Promise<OwnLog> {
  const { store, hasher, random, identity, point } = tools
  const { machine, folder, witness, publicKey: key } = identity
  const stored = await storedIdentity(store)
  const info = stored ? store.reader.log(stored.log) : undefined
  const decision = decideContinuity({
    machine,
    sameFolder: stored === null || stored.folder === folder,
    key: key !== null,
    witness,
    store: stored,
    events: info?.events ?? 0,
    chainAtWitness: witness && stored ? await chainAt(store.reader, stored.log, witness.events) : null,
    headSound: info === undefined || (await headSound(store.reader, info)),
  })
  const fence = stored && (await fenceOf(store, stored.log))
  if (stored && ((decision.kind === 'continue' && fence === null) || tools.trusting === true)) {
    return own(tools, store.openWriter(stored.log), stored, null)
  }
  const reason = decision.kind === 'new-log' ? newLogReasons[decision.reason] : (fence ?? '')
  const needsKey = decision.kind === 'new-log' && decision.newKey
  // Without the old key nobody could prove to a peer what the logs under it hold.
  if (needsKey && key && tools.keys) await store.keepOwnPoints(tools.keys.identity(key))
  const publicKey = (needsKey ? null : key) ?? newKey(tools)
  const logNonce = random.bytes(16)
  const log = first16(hasher.sha256(publicKey, logNonce))
  const storeId = Buffer.from(random.bytes(16)).toString('hex')
  const next: StoreIdentity = { storeId, log, machine, folder }
  point('witness')
  identity.witness = { log, events: 0, chain: noChain, storeId, machine }
  const host = first16(hasher.sha256(publicKey))
  const hostName = tools.hostName ?? 'sim'
  const writer = store.openWriter(log, { log, host, hostName, publicKey })
  const continues = continued(stored, witness, info, reason)
  const open: OpenBody = {
    kind: 'open',
    hostName,
    publicKey,
    logNonce,
    platform: 'linux',
    home: tools.home,
    continues,
  }
  await writer.append({ events: [{ body: open }] })
  await store.setMeta(metaName, JSON.stringify(next))
  const opened = decision.kind === 'new-log' ? decision.reason : 'fenced'
  return own(tools, writer, next, opened === 'first' ? null : opened)
}

export async function storedIdentity(store: LevelStore): Promise<StoreIdentity | null> {
  const text = await store.getMeta(metaName)
  return text === undefined ? null : (JSON.parse(text) as StoreIdentity)
}

function newKey({ identity, random, point, keys }: OwnLogTools): Uint8Array {
  point('host key')
  identity.publicKey = keys?.create() ?? random.bytes(44)
  return identity.publicKey
}

function continued(
  stored: StoreIdentity | null,
  witness: Witness | null,
  info: LogInfo | undefined,
  reason: string,
): OpenBody['continues'] {
  if (stored) return [{ log: stored.log, events: info?.events ?? 0, reason }]
  return witness ? [{ log: witness.log, events: witness.events, reason }] : []
}

async function own(
  { store, identity, point }: OwnLogTools,
  writer: LogWriter,
  { log, storeId, machine }: StoreIdentity,
  opened: string | null,
): Promise<OwnLog> {
  const witness = (): void => {
    const info = store.reader.log(log)
    if (!info) return
    point('witness')
    const chain = Buffer.from(info.chain).toString('hex')
    identity.witness = { log, events: info.events, chain, storeId, machine }
  }
  witness()
  const earlier = (await continuedLogs(store.reader, log)).slice(1)
  const forked = (await knownForks(store)).map((fork) => fork.log)
  const afterFork = earlier.some((each) => forked.includes(each))
  return { writer, opened, earlier, afterFork, witness }
}

async function chainAt(reader: LogReader, log: LogId, events: number): Promise<string | null> {
  if (events === 0) return noChain
  try {
    return Buffer.from((await reader.read({ log, offset: events - 1 })).chain).toString('hex')
  } catch {
    return null
  }
}

async function headSound(reader: LogReader, info: LogInfo): Promise<boolean> {
  if (info.events === 0) return true
  return (await chainAt(reader, info.log, info.events)) === Buffer.from(info.chain).toString('hex')
}

function first16(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex', 0, 16)
}
