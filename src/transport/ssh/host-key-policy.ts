import { hostKeyRefused, judgeHostKey, keyFingerprint } from './host-key.js'
import { keyType, knownHostsName, lookUp, type KnownHostsFile, type KnownKeys } from './known-hosts.js'
import type { HoldfastError } from '../../engine/core/errors.js'
import type { SshHost } from './ssh-host.js'
import type { SshMachine } from './ssh-machine.js'

/** A host key that the user said to accept, and that was shown. */
export interface AcceptedKey {
  /** As known_hosts names the host. */
  readonly name: string
  readonly type: string
  readonly blob: Buffer
  readonly fingerprint: string
}

/** Which host keys are good, beyond what the user’s own known_hosts files say. */
export interface HostKeyPolicy {
  /** Holdfast’s own known_hosts file; it may be missing. */
  readonly ownFile: string
  /** The command that adds this peer, to be gone on with in messages. */
  readonly addCommand: string
  /** Fingerprints that the user said to accept, now and here. */
  readonly accept: ReadonlySet<string>
  readonly onAccepted?: (key: AcceptedKey) => void
}

/** Everything that is known of a host’s keys. */
export async function knownKeysOf(
  machine: SshMachine,
  host: SshHost,
  policy: HostKeyPolicy,
): Promise<KnownKeys> {
  const paths = [...new Set([policy.ownFile, ...host.knownHostsFiles])]
  const files = await Promise.all(
    paths.map(async (path): Promise<KnownHostsFile> => {
      return { path, text: (await machine.readFile(path))?.bytes.toString('utf8') ?? '' }
    }),
  )
  return lookUp(files, host, (key, text) => machine.hmacSha1(key, text))
}

/** Why the key that a host shows is refused; undefined where it is good. */
export function checkHostKey(
  machine: SshMachine,
  host: SshHost,
  policy: HostKeyPolicy,
  known: KnownKeys,
  shown: Buffer,
): HoldfastError | undefined {
  const verdict = judgeHostKey(known, shown)
  if (verdict.kind === 'known') return undefined
  const fingerprint = keyFingerprint(machine, shown)
  // A key in Holdfast’s own file was accepted there, and may be replaced there. One of the user’s files may not.
  const mayAccept =
    verdict.kind === 'unknown' || (verdict.kind === 'changed' && verdict.old.file === policy.ownFile)
  if (mayAccept && policy.accept.has(fingerprint)) {
    policy.onAccepted?.({
      name: knownHostsName(host),
      type: keyType(shown),
      blob: Buffer.from(shown),
      fingerprint,
    })
    return undefined
  }
  const { addCommand, accept, ownFile } = policy
  return hostKeyRefused({ machine, host, shown, verdict, addCommand, accept, ownFile })
}
