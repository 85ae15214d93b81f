import { statSync } from 'node:fs'

import * as v from 'valibot'

import {
  decideContinuity,
  newLogReasons,
  type StoreIdentity,
  type Witness,
} from '../engine/core/continuity.js'
import type { LogId, OpenBody } from '../engine/core/event.js'
import type { LogInfo, LogReader, LogWriter } from '../engine/ports/log.js'
import { continuedLogs } from '../engine/replay/select.js'
import { readMachineId } from '../platform/machine-id.js'
import { continuesFormer } from './former-log.js'
import { createHostKey, hostIdentity, hostIdOf, logIdOf, readHostKey } from './host-key.js'
import type { Runtime } from './runtime.js'
import type { OwnLog } from './session.js'
import { fenceOf, knownForks } from './sync-fence.js'
import { realBase } from './watched-roots.js'
import { readWitness, writeWitness } from './witness-file.js'

const metaName = 'identity'
/** The chain before a log's first event, hex. */
const noChain = '00'.repeat(32)
const schema = v.object({ storeId: v.string(), log: v.string(), machine: v.string(), folder: v.string() })

/** The log that this store writes, as far as the store itself knows; null where it never wrote one. */
export async function storedIdentity(runtime: Runtime): Promise<StoreIdentity | null> {
  const text = await runtime.store.getMeta(metaName)
  if (text === undefined) return null
  const parsed = v.safeParse(schema, safeJson(text))
  return parsed.success ? parsed.output : null
}

/** The log that this host writes: the one that is being recorded into, else the one that the store knows; or null. */
export async function ownLogId(runtime: Runtime): Promise<LogId | null> {
  return runtime.session?.own.writer.log ?? (await storedIdentity(runtime))?.log ?? null
}

/**
 * Opens this host's log for writing: goes on with the one there where all agrees that this host alone continues it,
 * else begins a new one (see `decideContinuity`).
 */
export async function openOwnLog(runtime: Runtime): Promise<OwnLog> {
  const { home, store, hasher, random } = runtime
  const machine = await readMachineId()
  const folder = folderIdentity(home.storeFolder)
  const stored = await storedIdentity(runtime)
  const witness = readWitness(home.identityFolder)
  const key = readHostKey(home.identityFolder)
  const info = stored ? store.reader.log(stored.log) : undefined
  const decision = decideContinuity({
    machine,
    sameFolder: stored === null || sameFolder(stored.folder, folder),
    key: key !== undefined,
    witness,
    store: stored,
    events: info?.events ?? 0,
    chainAtWitness: witness && stored ? await chainAt(store.reader, stored.log, witness.events) : null,
    headSound: info === undefined || (await headSound(store.reader, info)),
  })
  const hostName = runtime.config().name ?? home.hostName
  const fence = stored && (await fenceOf(store, stored.log))
  if (decision.kind === 'continue' && stored && fence === null) {
    const writer = store.openWriter(stored.log)
    const identity = { ...stored, folder, machine }
    return own(runtime, writer, hostName, identity, null)
  }
  const reason = decision.kind === 'new-log' ? newLogReasons[decision.reason] : (fence ?? '')
  const needsKey = decision.kind === 'new-log' && decision.newKey
  const oldIdentity = needsKey ? hostIdentity(home.identityFolder) : undefined
  // Without the old key nobody could prove to a peer what the logs under it hold.
  if (oldIdentity) await store.keepOwnPoints(oldIdentity)
  const { publicKey } = (needsKey ? undefined : key) ?? createHostKey(home.identityFolder)
  const logNonce = random.bytes(16)
  const log = logIdOf(hasher, publicKey, logNonce)
  const identity = {
    storeId: Buffer.from(random.bytes(16)).toString('hex'),
    log,
    machine,
    folder,
  }
  // First of all: a start that is cut short after this leaves a witness of nothing, never a log without one.
  const { storeId } = identity
  writeWitness(home.identityFolder, { log, events: 0, chain: noChain, storeId, machine })
  const writer = store.openWriter(log, { log, host: hostIdOf(hasher, publicKey), hostName, publicKey })
  const open: OpenBody = {
    kind: 'open',
    hostName,
    publicKey,
    logNonce,
    platform: process.platform,
    home: realBase(home.agents.home),
    continues: [...continued(stored, witness, info, reason), ...(await continuesFormer(store, stored?.log))],
  }
  await writer.append({ events: [{ body: open }] })
  await store.setMeta(metaName, JSON.stringify(identity))
  return own(runtime, writer, hostName, identity, reason === newLogReasons.first ? null : reason)
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
  runtime: Runtime,
  writer: LogWriter,
  hostName: string,
  identity: StoreIdentity,
  opened: string | null,
): Promise<OwnLog> {
  const { store, home } = runtime
  const note = (): void => {
    const info = store.reader.log(writer.log)
    if (!info) return
    const { log, storeId, machine } = identity
    const chain = Buffer.from(info.chain).toString('hex')
    writeWitness(home.identityFolder, { log, events: info.events, chain, storeId, machine })
  }
  note()
  const forked = (await knownForks(store)).map(({ log }) => log)
  const earlier = (await continuedLogs(store.reader, writer.log)).slice(1)
  return {
    writer,
    hostName,
    opened,
    earlier,
    afterFork: earlier.some((log) => forked.includes(log)),
    witness: note,
  }
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

/** A copy or a restored backup of the folder has another inode or birth time; a renamed one has not. */
function folderIdentity(folder: string): string {
  const { ino, birthtimeMs, ctimeMs } = statSync(folder)
  // Where the file system keeps no birth time, the change time stands there: that proves nothing.
  return `${ino}:${birthtimeMs === ctimeMs ? 0 : birthtimeMs}`
}

function sameFolder(a: string, b: string): boolean {
  const [inoA, birthA] = a.split(':')
  const [inoB, birthB] = b.split(':')
  return inoA === inoB && (birthA === birthB || birthA === '0' || birthB === '0')
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
