import { HoldfastError } from '../../engine/core/errors.js'
import { keyType, knownHostsName, type KnownKey, type KnownKeys } from './known-hosts.js'
import { destinationText } from './ssh-destination.js'
import type { SshHost } from './ssh-host.js'
import type { SshMachine } from './ssh-machine.js'

/** What it means that a host shows a key. Nothing is ever accepted because nothing is known. */
export type HostKeyVerdict =
  | { readonly kind: 'known' }
  /** No key of this type is known; those that are. */
  | { readonly kind: 'unknown'; readonly others: readonly KnownKey[] }
  /** Another key of this type is known. */
  | { readonly kind: 'changed'; readonly old: KnownKey }
  | { readonly kind: 'revoked'; readonly by: KnownKey }

export function judgeHostKey(known: KnownKeys, shown: Buffer): HostKeyVerdict {
  const same = (key: KnownKey): boolean => key.blob.equals(shown)
  const revoked = known.revoked.find(same)
  if (revoked) return { kind: 'revoked', by: revoked }
  if (known.keys.some(same)) return { kind: 'known' }
  const old = known.keys.find(({ type }) => type === keyType(shown))
  if (old) return { kind: 'changed', old }
  if (known.withoutPort.some(same)) return { kind: 'known' }
  return { kind: 'unknown', others: known.keys }
}

/** `SHA256:` and base64, as `ssh` shows keys. */
export function keyFingerprint(machine: Pick<SshMachine, 'sha256'>, blob: Uint8Array): string {
  return `SHA256:${Buffer.from(machine.sha256(blob)).toString('base64').replace(/=+$/, '')}`
}

/** What people call a type of key: `ED25519` for `ssh-ed25519`. */
export function keyTypeName(type: string): string {
  const name = /^(?:ssh|sk-ssh|ecdsa-sha2|sk-ecdsa-sha2)-(\w+)/.exec(type)?.[1] ?? type
  return name.startsWith('nistp') ? 'ECDSA' : name.toUpperCase()
}

export interface RefusedKey {
  readonly machine: Pick<SshMachine, 'sha256'>
  readonly host: SshHost
  readonly shown: Buffer
  readonly verdict: Exclude<HostKeyVerdict, { readonly kind: 'known' }>
  /** The command that adds this peer, to be gone on with. */
  readonly addCommand: string
  /** Fingerprints that the user said to accept. */
  readonly accept: ReadonlySet<string>
  /** Holdfast’s own known_hosts file. */
  readonly ownFile: string
}

/** Why a host's key is refused, and what the user does about it. */
export function hostKeyRefused(refused: RefusedKey): HoldfastError {
  const { machine, host, shown, verdict, addCommand, accept, ownFile } = refused
  const name = destinationText(host.destination)
  const print = keyFingerprint(machine, shown)
  const key = `${keyTypeName(keyType(shown))} ${print}`
  const acceptIt = `\`${addCommand} --accept-host-key ${print}\``
  if (verdict.kind === 'revoked')
    return refusal(
      `${name} shows the host key ${key}, which ${place(verdict.by)} says was revoked`,
      'Do not connect. Whoever runs that machine must give it a new key.',
    )
  if (verdict.kind === 'changed') {
    const { old } = verdict
    return refusal(
      `THE HOST KEY OF ${name} HAS CHANGED: it shows ${key}, and ${place(old)} holds ` +
        `${keyFingerprint(machine, old.blob)}. Something may stand in between, or that machine was set up anew`,
      `Find out which. Where it was set up anew: ${
        old.file === ownFile
          ? acceptIt
          : `\`ssh-keygen -R '${knownHostsName(host)}' -f '${old.file}'\`, then \`ssh ${sshArguments(host)}\` once, or ${acceptIt}`
      }.`,
    )
  }
  const [other] = verdict.others
  const known =
    other === undefined ? '' : `; ${place(other)} holds one of another type, ${keyTypeName(other.type)}`
  const wrong =
    accept.size === 0 ? '' : `. It is not the one that was to be accepted, ${[...accept].join(', ')}`
  return refusal(
    `${name} shows a host key that is not known here: ${key}${known}${wrong}`,
    `Compare it with \`ssh-keygen -lf\` of that machine’s /etc/ssh/ssh_host_*_key.pub. Then run ` +
      `\`ssh ${sshArguments(host)}\` once, or ${acceptIt}.`,
  )
}

const refusal = (message: string, next: string): HoldfastError =>
  new HoldfastError('PEER_REFUSED', message, { next })

const place = ({ file, line }: KnownKey): string => `${file}:${line}`

function sshArguments({ destination: { user, host, port } }: SshHost): string {
  return `${port === null ? '' : `-p ${port} `}${user === null ? '' : `${user}@`}${host}`
}
