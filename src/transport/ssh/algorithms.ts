import type { CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2'
import type { KnownKeys } from './known-hosts.js'
import type { SshHost } from './ssh-host.js'

/** What the library may agree on with a host. */
export interface Algorithms {
  readonly kex: KexAlgorithm[]
  readonly serverHostKey: ServerHostKeyAlgorithm[]
  readonly cipher: CipherAlgorithm[]
  readonly hmac: MacAlgorithm[]
}

const kexOffered: readonly KexAlgorithm[] = [
  'curve25519-sha256',
  'curve25519-sha256@libssh.org',
  'ecdh-sha2-nistp256',
  'ecdh-sha2-nistp384',
  'ecdh-sha2-nistp521',
  'diffie-hellman-group-exchange-sha256',
  'diffie-hellman-group16-sha512',
  'diffie-hellman-group18-sha512',
  'diffie-hellman-group14-sha256',
]

const hostKeysOffered: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

/** The fastest first. GCM is OpenSSL’s work also where the library’s native part is missing. */
const ciphersOffered: readonly CipherAlgorithm[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'chacha20-poly1305@openssh.com',
]

const macsOffered: readonly MacAlgorithm[] = [
  'hmac-sha2-256-etm@openssh.com',
  'hmac-sha2-512-etm@openssh.com',
  'hmac-sha2-256',
  'hmac-sha2-512',
]

/**
 * What is offered to a host: what the config allows, key types that known_hosts holds for it first, so that a host with
 * several keys shows one that can be checked. Null where the library has nothing that the config allows.
 */
export function chooseAlgorithms(host: SshHost, known: KnownKeys): Algorithms | null {
  const types = new Set([...known.keys, ...known.withoutPort].map(({ type }) => type))
  const isKnown = (algorithm: string): boolean =>
    types.has(algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm)
  const hostKeys = allowed(hostKeysOffered, host.hostKeyAlgorithms)
  const chosen = {
    kex: allowed(kexOffered, host.kexAlgorithms),
    serverHostKey: [...hostKeys.filter(isKnown), ...hostKeys.filter((each) => !isKnown(each))],
    cipher: allowed(ciphersOffered, host.ciphers),
    hmac: allowed(macsOffered, host.macs),
  }
  return Object.values(chosen).some((list) => list.length === 0) ? null : chosen
}

/** An empty config allows everything. */
function allowed<T extends string>(offered: readonly T[], config: readonly string[]): T[] {
  return offered.filter((each) => config.length === 0 || config.includes(each))
}
