import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock } from '../../engine/ports/clock.js'
import type { Link } from '../../engine/ports/link.js'
import { openExecLink, type CommandEnd, type StartCommand } from '../links/exec-link.js'
import type { SshRoute } from './ssh-route.js'
import { systemSshCommand } from './system-command.js'
import { systemFailure } from './system-failure.js'

/** What is kept of what `ssh` says: a changed host key takes it twenty lines. */
const stderrMaxBytes = 16 * 1024

export interface SystemLinkOptions {
  readonly name: string
  readonly route: SshRoute
  /** Holdfast's own known_hosts file. */
  readonly ownKnownHosts: string
  readonly farCommand: string
  readonly addCommand: string
  readonly start: StartCommand
  readonly clock: Clock
}

/** A link over the system's `ssh`, whose failures it explains. */
export class SystemLink implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #options: SystemLinkOptions
  readonly #link: Link
  #stderr = Buffer.alloc(0)
  #end: CommandEnd | undefined

  constructor(options: SystemLinkOptions) {
    this.name = options.name
    this.#options = options
    const { route, ownKnownHosts, farCommand, start, clock } = options
    const command = systemSshCommand(route, ownKnownHosts, farCommand)
    this.#link = openExecLink({
      command,
      clock,
      start: (line) => {
        const started = start(line)
        started.stderr.on('data', (chunk: Buffer) => {
          this.#stderr = Buffer.concat([this.#stderr, chunk]).subarray(-stderrMaxBytes)
        })
        void started.ended.then((end) => {
          this.#end = end
        })
        return started
      },
    })
    this.receive = this.#chunks()
  }

  async send(bytes: Uint8Array): Promise<void> {
    try {
      await this.#link.send(bytes)
    } catch (error) {
      throw this.#explained(error)
    }
  }

  close(reason?: Error): Promise<void> {
    return this.#link.close(reason)
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#link.receive
    } catch (error) {
      throw this.#explained(error)
    }
  }

  #explained(error: unknown): unknown {
    if (!(error instanceof HoldfastError) || error.code !== 'PEER_UNREACHABLE') return error
    const { name, route, addCommand } = this.#options
    const host = route[route.length - 1]
    const end = this.#end
    if (!end || end.error || !host)
      return new HoldfastError('PEER_UNREACHABLE', `the connection to ${name} broke`, { cause: error })
    return systemFailure(name, host, end, this.#stderr.toString('utf8'), addCommand) ?? error
  }
}
