import { HoldfastError } from '../../engine/core/errors.js'
import type { Clock } from '../../engine/ports/clock.js'
import type { Link } from '../../engine/ports/link.js'
import { openExecLink } from './exec-link.js'
import type { CommandEnd, StartedCommand } from './exec-link.js'
import type { DockerAddress, KubeAddress } from './pod-address.js'
import { choosePod, noPodError } from './pod-choice.js'
import { dockerExecArgv, kubeExecArgv, kubePodsArgv } from './pod-command.js'
import type { Argv } from './pod-command.js'
import { podFailure, podName } from './pod-failure.js'

/** Runs a program with pipes for its standard streams, no shell in between. Never throws. */
export type StartProgram = (argv: Argv) => StartedCommand

export interface PodLinkOptions {
  readonly address: KubeAddress | DockerAddress
  readonly start: StartProgram
  readonly clock: Clock
  /** Shell text that finds holdfast over there and runs `serve --stdio`. It exits with 127 where there is none. */
  readonly holdfastCommand: string
}

/** What is kept of what a program says. */
const wordsMaxBytes = 64 * 1024

/**
 * A link into a container, over `kubectl exec` or `docker exec`. Nothing is thrown here: failures come out of `send` and
 * `receive`, each as PEER_UNREACHABLE or PEER_REFUSED with what the user does next.
 */
export function openPodLink(options: PodLinkOptions): Link {
  return new PodLink(options)
}

class PodLink implements Link {
  readonly name: string
  readonly receive: AsyncIterable<Uint8Array>
  readonly #options: PodLinkOptions
  /** What carries the bytes, once it is known which pod is meant. */
  readonly #opened: Promise<Link>
  /** How the program that carries them ended, and what it said. */
  #carrier: { readonly ended: Promise<CommandEnd>; readonly words: () => string } | undefined
  /** A program that asks the cluster, while it runs. */
  #asking: StartedCommand | undefined
  #closed = false
  #aborted = false

  constructor(options: PodLinkOptions) {
    this.#options = options
    this.name = podName(options.address)
    this.#opened = this.#open()
    // Whoever sends or receives is told.
    this.#opened.catch(() => undefined)
    this.receive = this.#chunks()
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (this.#closed) throw this.#interrupted()
    const link = await this.#opened
    try {
      await link.send(bytes)
    } catch (error) {
      throw await this.#explained(error)
    }
  }

  async close(reason?: Error): Promise<void> {
    this.#closed = true
    if (reason) {
      this.#aborted = true
      this.#asking?.kill(true)
    }
    const link = await this.#opened.catch(() => undefined)
    await link?.close(reason)
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    if (this.#closed) return
    try {
      yield* (await this.#opened).receive
    } catch (error) {
      // A close while the pod was still looked for: its reader just ends.
      if (!this.#closed) throw await this.#explained(error)
    }
  }

  async #open(): Promise<Link> {
    const { address, start, clock, holdfastCommand } = this.#options
    const argv =
      address.kind === 'docker'
        ? dockerExecArgv(address, holdfastCommand)
        : kubeExecArgv(address, holdfastCommand, await this.#pod(address))
    if (this.#aborted) throw this.#interrupted()
    return openExecLink({
      command: this.name,
      clock,
      start: () => {
        const started = start(argv)
        this.#carrier = { ended: started.ended, words: keepWords(started.stderr) }
        return started
      },
    })
  }

  /** The pod that a selector means; undefined where there is no selector. */
  async #pod(address: KubeAddress): Promise<string | undefined> {
    const { selector } = address
    if (selector === null) return undefined
    const running = await this.#ask(address, kubePodsArgv(address, selector, 'running'))
    const pod = choosePod(address, running)
    if (pod !== undefined) return pod
    throw noPodError(address, await this.#ask(address, kubePodsArgv(address, selector, 'all')))
  }

  async #ask(address: KubeAddress, argv: Argv): Promise<string> {
    if (this.#aborted) throw this.#interrupted()
    const asking = this.#options.start(argv)
    this.#asking = asking
    asking.stdin.on('error', () => undefined)
    asking.stdin.end()
    const [answer, words] = [keepWords(asking.stdout), keepWords(asking.stderr)]
    const end = await asking.ended
    this.#asking = undefined
    if (this.#aborted) throw this.#interrupted()
    const failure = podFailure(address, end, words())
    if (failure) throw failure
    return answer()
  }

  /** A broken pipe says little; the program's end says why. */
  async #explained(failure: unknown): Promise<unknown> {
    const { address, clock } = this.#options
    if (!(failure instanceof HoldfastError) || failure.code !== 'PEER_UNREACHABLE' || !this.#carrier)
      return failure
    const waiting = new AbortController()
    const end = await Promise.race([
      this.#carrier.ended,
      clock.sleep(1000, waiting.signal).then(() => undefined),
    ])
    waiting.abort()
    return (end && podFailure(address, end, this.#carrier.words())) ?? failure
  }

  #interrupted(): HoldfastError {
    return new HoldfastError('INTERRUPTED', `the link to ${this.name} is closed`)
  }
}

/** The last words of a stream, as far as it has come. */
function keepWords(stream: StartedCommand['stdout']): () => string {
  let kept = Buffer.alloc(0)
  stream.on('error', () => undefined)
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-wordsMaxBytes)
  })
  return () => kept.toString('utf8')
}
