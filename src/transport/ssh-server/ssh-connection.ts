import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { AuthContext, Connection, ServerChannel, Session } from 'ssh2'
import type { Clock } from '../../engine/ports/clock.js'
import type { AuthorizedKey } from './authorized-keys.js'
import { ChannelLink } from './channel-link.js'
import { authorise } from './login.js'
import { meansServe, servedSubsystem } from './served-command.js'
import type { ServerKey } from './server-key.js'
import { sshAlgorithms } from './ssh-algorithms.js'
import type { SshServerLimits } from './ssh-server-limits.js'

/** How what was served ended: as a command does. */
export interface ServedEnd {
  readonly exitCode: number
  /** For the far end’s standard error; may be empty. */
  readonly words: string
}

/** A client that logged in and asked for what is served. */
export interface ServedChannel {
  readonly link: ChannelLink
  /** Where it comes from. */
  readonly address: string
  /** The key that it logged in by. */
  readonly key: AuthorizedKey
  /** Aborts when the client is gone or the server ends. */
  readonly signal: AbortSignal
}

const failedEnd: ServedEnd = { exitCode: 1, words: '' }

/** What connections of one server have in common. */
export interface ConnectionHost {
  readonly hostKey: ServerKey
  readonly ident: string
  readonly clock: Clock
  readonly limits: SshServerLimits
  /** The keys that may log in at this moment. What it throws turns the client away. */
  readonly authorizedKeys: () => readonly AuthorizedKey[]
  /** Asked once a client proved its key: whether there is room for it. */
  readonly admit: () => boolean
  /** Where it rejects, the client sees that it failed, and no more. */
  readonly serve: (channel: ServedChannel) => Promise<ServedEnd>
  /** Something that whoever runs the server may want to know. */
  readonly note: (words: string) => void
}

/** One TCP connection, from its first byte on. */
export class SshConnection {
  readonly address: string
  /** Resolves when nothing of it is left. */
  readonly closed: Promise<void>
  readonly #socket: Socket
  readonly #host: ConnectionHost
  /** The client is gone, or is to go. */
  readonly #gone = new AbortController()
  readonly #closed = new AbortController()
  #client: Connection | undefined
  #key: AuthorizedKey | undefined
  #loggedIn = false
  #tries = 0
  #sessions = 0
  #session: Session | undefined
  /** Ends the wait for what the client has to do next. */
  #patience = new AbortController()

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket
    this.#host = host
    this.address = socket.remoteAddress ?? 'unknown'
    const { limits, ident, hostKey } = host
    socket.on('error', () => socket.destroy())
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#patience.abort()
        this.#gone.abort()
        this.#closed.abort()
        resolve()
      })
    })
    this.#expect(limits.loginWithinMs)
    // A server of its own for each socket: the library tells nowhere else which client is at which socket.
    const server = new ssh2.Server(
      {
        ident,
        hostKeys: [{ key: hostKey.parsed }],
        algorithms: sshAlgorithms,
        keepaliveInterval: limits.keepAliveMs,
        keepaliveCountMax: limits.keepAliveMax,
      },
      (client) => this.#begin(client),
    )
    server.injectSocket(socket)
    // After the library’s own pause: listening alone must not make the socket flow before the library reads it.
    socket.on('data', () => {
      if (socket.writableLength > limits.repliesMaxBytes) socket.destroy()
    })
  }

  get loggedIn(): boolean {
    return this.#loggedIn
  }

  /** Says goodbye; what is served is told to end, and the connection follows. */
  end(): void {
    this.#gone.abort()
    if (this.#session === undefined) this.#hangUp()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #begin(client: Connection): void {
    this.#client = client
    // Whatever a client does wrong ends its connection, and nothing else.
    client.on('error', () => this.#hangUp())
    client.on('authentication', (attempt) => this.#authenticate(attempt))
    client.on('ready', () => this.#admit())
    client.on('session', (accept, reject) => {
      if (!this.#loggedIn || this.#session !== undefined || this.#gone.signal.aborted) reject()
      else if (++this.#sessions > this.#host.limits.sessionsMax) this.#hangUp()
      else this.#open(accept())
    })
  }

  #authenticate(attempt: AuthContext): void {
    if (++this.#tries > this.#host.limits.loginTriesMax) {
      this.#hangUp()
      return
    }
    let key: AuthorizedKey | undefined
    try {
      if (attempt.method === 'publickey') key = authorise(this.#host.authorizedKeys(), attempt)
    } catch (error) {
      this.#host.note(`nobody can log in: ${error instanceof Error ? error.message : String(error)}`)
    }
    if (key === undefined) {
      attempt.reject(['publickey'])
      return
    }
    if (attempt.method === 'publickey' && attempt.signature !== undefined) this.#key = key
    attempt.accept()
  }

  #admit(): void {
    if (this.#key === undefined || !this.#host.admit()) {
      this.#host.note(`turned ${this.address} away: too many are connected`)
      this.#hangUp()
      return
    }
    this.#loggedIn = true
    this.#expect(this.#host.limits.idleMs)
  }

  #open(session: Session): void {
    this.#session = session
    this.#expect(this.#host.limits.idleMs)
    const { limits } = this.#host
    let served = false
    session.on('exec', (accept, reject, { command }) => {
      if (served || !meansServe(command, limits.commandMaxBytes)) {
        reject?.()
        return
      }
      served = true
      void this.#serve(accept())
    })
    session.on('subsystem', (accept, reject, { name }) => {
      if (served || name !== servedSubsystem) {
        reject?.()
        return
      }
      served = true
      void this.#serve(accept())
    })
    session.once('close', () => {
      if (!served) this.#leave()
    })
  }

  async #serve(channel: ServerChannel): Promise<void> {
    this.#patience.abort()
    const { clock, limits } = this.#host
    const key = this.#key
    if (key === undefined) return
    const name = `${this.address}${key.comment === '' ? '' : ` (${key.comment})`}`
    const link = new ChannelLink({ name, channel, socket: this.#socket, clock, limits })
    const { exitCode, words } = await this.#host
      .serve({ link, address: this.address, key, signal: this.#gone.signal })
      .catch(() => failedEnd)
    await link.finish(exitCode, words)
    this.#leave()
  }

  /** The session is over: the next one may come. */
  #leave(): void {
    this.#session = undefined
    if (this.#gone.signal.aborted) this.#hangUp()
    else this.#expect(this.#host.limits.idleMs)
  }

  /** Hangs up unless the client goes on in this time. */
  #expect(ms: number): void {
    this.#patience.abort()
    const patience = new AbortController()
    this.#patience = patience
    void this.#host.clock.sleep(ms, patience.signal).then(() => {
      if (!patience.signal.aborted) this.#hangUp()
    })
  }

  #hangUp(): void {
    this.#gone.abort()
    this.#client?.end()
    this.#socket.destroySoon()
    const { clock, limits } = this.#host
    // Whoever reads nothing would keep its connection for ever: the goodbye is never taken.
    void clock.sleep(limits.closeMs, this.#closed.signal).then(() => this.#socket.destroy())
  }
}
