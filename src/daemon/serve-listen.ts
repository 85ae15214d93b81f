import { hostname } from 'node:os'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { HoldfastError } from '../engine/core/errors.js'
import { systemClock } from '../platform/system-clock.js'
import { listenSsh } from '../transport/ssh-server/ssh-server.js'
import type { ServedChannel, ServedEnd } from '../transport/ssh-server/ssh-connection.js'
import type { SshServerLimits } from '../transport/ssh-server/ssh-server-limits.js'
import type { Home } from './home.js'
import { errorRecord } from './messages.js'
import { fingerprint } from './peer-trust.js'
import { prepareHome } from './private-folder.js'
import { isWildcard, listenWarnings, parseListenAddress, peerAddCommand } from './serve-listen-address.js'
import { AuthorizedFile, ownAuthorizedKeys } from './serve-listen-authorized.js'
import { serverKey } from './serve-listen-key.js'
import { ListenStore } from './serve-listen-store.js'

export interface ServeListenOptions {
  readonly home: Home
  /** `HOST:PORT`. */
  readonly listen: string
  /** A list of keys in place of Holdfast's own. */
  readonly authorizedKeys?: string | undefined
  /** Ends it in order. */
  readonly signal: AbortSignal
  /** Called once clients can connect. */
  readonly onListening: (listening: Listening) => void
  /** What whoever runs it should know, in words. */
  readonly onNote: (words: string) => void
  readonly limits?: Partial<SshServerLimits>
}

/** An embedded SSH server that takes clients. */
export interface Listening {
  readonly host: string
  readonly port: number
  /** Of the key that the server shows: `SHA256:` and base64. */
  readonly fingerprint: string
  /** The file of keys that may log in, and how many there are now. */
  readonly authorizedKeys: string
  readonly keys: number
  /** What the user of another machine types to have this host as a peer. */
  readonly peerAdd: string
}

/** What was done until it ended. */
export interface ServeListenResult {
  /** Sessions that peers ended in order. */
  readonly served: number
  readonly failed: number
}

/**
 * Is an SSH server that serves this host's store to whoever logs in by an authorized key, until the signal aborts. Works
 * while a daemon runs and while none does. Throws USAGE for an address that is none, ADDRESS_IN_USE, NOT_READABLE,
 * NOT_PRIVATE, NOT_WRITABLE, and what listening fails with later.
 */
export async function serveListen(options: ServeListenOptions): Promise<ServeListenResult> {
  const { home, signal, onNote } = options
  const asked = parseListenAddress(options.listen)
  process.umask(0o077)
  for (const note of prepareHome(home)) onNote(note)
  const hostKey = serverKey(home.identityFolder, home.hostName)
  const file = authorizedFile(options)
  const store = new ListenStore(home, systemClock)
  const done = { served: 0, failed: 0 }
  const server = await listenSsh({
    ...asked,
    hostKey,
    clock: systemClock,
    authorizedKeys: () => file.keys(),
    note: onNote,
    serve: (channel) => serveChannel(store, channel, done, onNote),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  })
  try {
    const { host, port } = server
    const print = fingerprint(hostKey.blob)
    const reached = isWildcard(host) ? hostname() : asked.host
    const peerAdd = peerAddCommand({ name: home.hostName, host: reached, port, fingerprint: print })
    const keys = file.keys().length
    options.onListening({ host, port, fingerprint: print, authorizedKeys: file.path, keys, peerAdd })
    for (const note of listenWarnings(host, port, keys, file.path)) onNote(note)
    await Promise.race([untilAborted(signal), server.failed])
  } finally {
    await server.close()
  }
  return done
}

/** Read once before anybody can connect: a list that can't be used is told at the start. */
function authorizedFile({ home, authorizedKeys, onNote }: ServeListenOptions): AuthorizedFile {
  const path = authorizedKeys === undefined ? ownAuthorizedKeys(home) : resolve(authorizedKeys)
  if (authorizedKeys !== undefined && !existsSync(path))
    throw new HoldfastError('NOT_READABLE', `there is no file ${path}`, {
      next: 'Name a file with one public key on each line.',
    })
  const file = new AuthorizedFile(path, (lines) => {
    for (const { line, reason } of lines) onNote(`${path}:${line} lets nobody in: ${reason}`)
  })
  file.keys()
  return file
}

async function serveChannel(
  store: ListenStore,
  channel: ServedChannel,
  done: { served: number; failed: number },
  onNote: (words: string) => void,
): Promise<ServedEnd> {
  const { name } = channel.link
  try {
    const { peer, sent, received, notes } = await store.serve(channel)
    done.served += 1
    onNote(`${name}: ${peer} took ${sent} events and gave ${received}`)
    for (const note of notes) onNote(note)
    return { exitCode: 0, words: '' }
  } catch (error) {
    done.failed += 1
    const { message, next, exit } = errorRecord(error)
    onNote(`${name}: ${message}`)
    return { exitCode: exit, words: `Error: ${message}\nNext: ${next}\n` }
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}
