import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import type { AnyAuthMethod, AuthenticationType, Client } from 'ssh2'
import { HoldfastError } from '../../engine/core/errors.js'
import { checkHostKey, type HostKeyPolicy } from './host-key-policy.js'
import type { PreparedHost } from './prepare-host.js'
import { authenticationRefused, NeedsSystemSsh, unreachable } from './ssh-errors.js'
import type { SshMachine } from './ssh-machine.js'
import { printable } from '../sync/printable.js'

/** Where the config says nothing: how long a connection may take, and how often a silent host is asked. */
export const connectTimeoutMs = 15_000
const aliveIntervalMs = 15_000

export interface ConnectHostOptions {
  readonly machine: SshMachine
  readonly prepared: PreparedHost
  readonly policy: HostKeyPolicy
  /** Connected to the host. Left open after a failure: whoever made it ends it. */
  readonly socket: Duplex
  readonly signal: AbortSignal
}

/**
 * Speaks SSH over a connected socket until the host is checked and the user is in. Throws PEER_REFUSED (host key, user),
 * PEER_UNREACHABLE, INTERRUPTED, or NeedsSystemSsh.
 */
export function connectHost(options: ConnectHostOptions): Promise<Client> {
  const { machine, prepared, policy, socket, signal } = options
  const { host, known, algorithms } = prepared
  const client = new ssh2.Client()
  const login = new Login(prepared)
  let refused: HoldfastError | undefined
  return new Promise((resolve, reject) => {
    let isOver = false
    const settle = (error?: Error): void => {
      if (isOver) return
      isOver = true
      signal.removeEventListener('abort', onAbort)
      if (error) reject(error)
      else resolve(client)
    }
    const onAbort = (): void => settle(new HoldfastError('INTERRUPTED', 'the link is closed'))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    // The listener stays: an error that nobody hears would end the process.
    client.on('error', (error: SshError) => {
      const failure = refused ?? login.failure(error)
      if (failure) settle(failure)
    })
    client.on('handshake', () => login.begin())
    client.once('ready', () => settle())
    client.once('close', () => settle(refused ?? unreachable(host, 'it closed the connection')))
    const readyTimeout = host.connectTimeoutMs ?? connectTimeoutMs
    client.connect({
      sock: socket,
      username: host.user,
      algorithms: { ...algorithms, compress: ['none'] },
      hostVerifier: (shown: Buffer) => {
        refused = checkHostKey(machine, host, policy, known, shown)
        return refused === undefined
      },
      // The library's type wants a call; it takes what is returned as well.
      authHandler: (methods, _partly, next) => next(login.next(methods)),
      readyTimeout,
      keepaliveInterval: host.aliveIntervalMs ?? aliveIntervalMs,
      keepaliveCountMax: host.aliveCountMax,
    })
  })
}

/** The library tells its errors apart by level: which part of the work failed. */
type SshError = Error & { readonly level?: string; readonly code?: number | string }

/** What is tried to get in, in order, and what it means that none of it worked. */
class Login {
  readonly #prepared: PreparedHost
  readonly #attempts: AnyAuthMethod[]
  #begun = false
  #exhausted = false
  #methods: readonly AuthenticationType[] = []

  constructor(prepared: PreparedHost) {
    this.#prepared = prepared
    const { host, agent, identities } = prepared
    const username = host.user
    // What a host takes is told with the refusal of no key at all.
    this.#attempts = [{ type: 'none', username }]
    if (!host.publicKeyAllowed) return
    if (agent && agent.size > 0) this.#attempts.push({ type: 'agent', username, agent })
    for (const { key, publicKey } of identities) {
      const isOffered = publicKey !== null && agent?.holds(publicKey) === true
      if (key && !isOffered) this.#attempts.push({ type: 'publickey', username, key })
    }
  }

  /** The host is checked: what fails from now on is the user. */
  begin(): void {
    this.#begun = true
  }

  /** The next attempt; false where there is none. */
  next(methods: readonly AuthenticationType[] | null): AnyAuthMethod {
    if (methods) this.#methods = methods
    const attempt = this.#attempts.shift()
    if (attempt) return attempt
    this.#exhausted = true
    // The library ends the attempts at `false`, which its types leave out.
    return false as unknown as AnyAuthMethod
  }

  /** What an error of the library means; undefined where the next attempt follows it. */
  failure(error: SshError): Error | undefined {
    const { host } = this.#prepared
    if (error.level === 'agent') return undefined
    if (error.level === 'client-authentication') return this.#exhausted ? this.#refused(null) : undefined
    if (error.level === 'client-timeout') return unreachable(host, 'it does not answer in time', error)
    if (/no matching|Unsupported|unsupported/.test(error.message))
      return new NeedsSystemSsh(error.message, unreachable(host, error.message, error))
    // A host that has seen too many keys hangs up with a reason.
    if (this.#begun && typeof error.code === 'number') return this.#refused(printable(error.message))
    return unreachable(host, printable(error.message), error)
  }

  #refused(words: string | null): Error {
    const { host, agent, identities } = this.#prepared
    const error = authenticationRefused({
      host,
      identities,
      agentKeys: agent?.size ?? null,
      methods: this.#methods,
      words,
    })
    const other =
      (agent?.unusable.length ?? 0) > 0 ||
      identities.some(({ unusable }) => unusable === 'security-key') ||
      host.pkcs11 ||
      (host.gssapi && this.#methods.some((method: string) => method.startsWith('gssapi')))
    return other ? new NeedsSystemSsh('a key that the built-in client can’t use', error) : error
  }
}
