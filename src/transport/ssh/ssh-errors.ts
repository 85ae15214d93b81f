import { HoldfastError } from '../../engine/core/errors.js'
import type { Identity } from './identities.js'
import { destinationText } from './ssh-destination.js'
import type { SshHost } from './ssh-host.js'

/** Thrown where the library can't do what the system's `ssh` may be able to. Never reaches the user. */
export class NeedsSystemSsh extends Error {
  /** What to say where the system’s `ssh` is no way out either. */
  readonly instead: HoldfastError

  constructor(why: string, instead: HoldfastError) {
    super(why)
    this.name = 'NeedsSystemSsh'
    this.instead = instead
  }
}

/** A host that was not reached. */
export function unreachable(host: SshHost, why: string, cause?: unknown): HoldfastError {
  return new HoldfastError('PEER_UNREACHABLE', `${whereIs(host)} is not reached: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    next: `Try \`ssh ${destinationText(host.destination)}\`: what that says holds for Holdfast, too.`,
  })
}

/** `alias (address:port)`, and whether the config was read. */
function whereIs(host: SshHost): string {
  const at = `${host.hostName}:${host.port}`
  const name = destinationText(host.destination)
  return `${name} (${at}${host.asked ? '' : '; no ssh is installed here, so its config was not read'})`
}

export interface Refused {
  readonly host: SshHost
  readonly identities: readonly Identity[]
  /** Keys of the agent that were offered; null where no agent answers. */
  readonly agentKeys: number | null
  /** What the host would still take; empty where it did not say. */
  readonly methods: readonly string[]
  /** Its own words, where it had some. */
  readonly words: string | null
}

/** A host that let none of the user's keys in: says what was tried, and what would help. */
export function authenticationRefused({
  host,
  identities,
  agentKeys,
  methods,
  words,
}: Refused): HoldfastError {
  const tried = identities.filter(({ unusable }) => unusable === null).map(({ path }) => path)
  const facts = [
    ...(words === null ? [] : [words]),
    agentKeys === null
      ? host.agentSocket === null
        ? 'no agent is known here (SSH_AUTH_SOCK is not set)'
        : `no agent answers at ${host.agentSocket}`
      : `${agentKeys} of the agent’s keys`,
    tried.length === 0 ? 'no key file that can be used' : `key files ${tried.join(', ')}`,
    ...identities.flatMap(whyNot),
    ...(methods.length === 0 ? [] : [`it takes ${methods.join(', ')}`]),
  ]
  return new HoldfastError('PEER_REFUSED', `${whereIs(host)} refused ${host.user}: ${facts.join('; ')}`, {
    next: nextStep(host, identities),
  })
}

function whyNot({ path, unusable }: Identity): string[] {
  if (unusable === 'encrypted') return [`${path} is encrypted and no agent holds it`]
  if (unusable === 'open-to-others') return [`${path} is open to other users and so not used`]
  if (unusable === 'unsupported') return [`${path} can’t be read`]
  return []
}

function nextStep(host: SshHost, identities: readonly Identity[]): string {
  const encrypted = identities.find(({ unusable }) => unusable === 'encrypted')
  const name = destinationText(host.destination)
  if (encrypted)
    return host.agentSocket === null
      ? `Give the key to an agent that Holdfast sees, too: \`ssh-add ${encrypted.path}\`, with SSH_AUTH_SOCK set or IdentityAgent in ~/.ssh/config.`
      : `Give the key to the agent: \`ssh-add ${encrypted.path}\`.`
  const open = identities.find(({ unusable }) => unusable === 'open-to-others')
  if (open) return `Make the key private: \`chmod 600 ${open.path}\`.`
  return `Let one of this user’s keys in there: \`ssh-copy-id ${name}\`. \`ssh ${name}\` must work without a password.`
}
