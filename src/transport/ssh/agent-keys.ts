import ssh2 from 'ssh2'
import type { BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2'
import { listAgentKeys } from './agent-list.js'
import type { Identity } from './identities.js'
import { keyType } from './known-hosts.js'

/** Keys that an agent holds, as the config of one host wants them offered. */
export class AgentKeys extends ssh2.BaseAgent<ParsedKey> {
  /** Types of keys that it holds and this client can't use, such as certificates. */
  readonly unusable: readonly string[]
  readonly #agent: BaseAgent
  readonly #keys: readonly ParsedKey[]

  private constructor(agent: BaseAgent, keys: readonly ParsedKey[], unusable: readonly string[]) {
    super()
    this.#agent = agent
    this.#keys = keys
    this.unusable = unusable
  }

  /**
   * Asks the agent. Keys that the config names come first, and alone where it wants `only` those. Null where no agent
   * answers.
   */
  static async ask(
    socketPath: string,
    identities: readonly Identity[],
    only: boolean,
    signal: AbortSignal,
  ): Promise<AgentKeys | null> {
    const blobs = await listAgentKeys(socketPath, signal)
    if (!blobs) return null
    const chosen = choose(blobs, identities, only)
    const parsed = chosen.map((blob) => ssh2.utils.parseKey(blob))
    const unusable = chosen.filter((_, index) => parsed[index] instanceof Error).map(keyType)
    const keys = parsed.filter((key): key is ParsedKey => !(key instanceof Error))
    return new AgentKeys(ssh2.createAgent(socketPath), keys, unusable)
  }

  get size(): number {
    return this.#keys.length
  }

  holds(publicKey: Buffer): boolean {
    return this.#keys.some((key) => key.getPublicSSH().equals(publicKey))
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    callback(null, [...this.#keys])
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options)
    else this.#agent.sign(key, data, options, callback)
  }
}

function choose(blobs: readonly Buffer[], identities: readonly Identity[], only: boolean): Buffer[] {
  const named = identities.flatMap(({ publicKey }) =>
    publicKey === null ? [] : blobs.filter((blob) => blob.equals(publicKey)),
  )
  return only ? named : [...named, ...blobs.filter((blob) => !named.includes(blob))]
}
