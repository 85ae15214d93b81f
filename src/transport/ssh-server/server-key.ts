import ssh2 from 'ssh2'
import type { ParsedKey } from 'ssh2'

/** The key by which clients know the server. */
export interface ServerKey {
  readonly parsed: ParsedKey
  readonly type: string
  /** The public half as it goes over the wire: what a fingerprint is taken of. */
  readonly blob: Buffer
}

/**
 * Makes an Ed25519 key, in OpenSSH's own format. One in 256 that the library makes can't be read by anybody: it drops a
 * zero at the beginning of the public half. Such a one is made anew.
 */
export function createServerKey(comment: string): string {
  for (;;) {
    const text = ssh2.utils.generateKeyPairSync('ed25519', { comment }).private
    if (readServerKey(text)) return text
  }
}

/** undefined where the text is no private key without a passphrase. */
export function readServerKey(text: string): ServerKey | undefined {
  const parsed = ssh2.utils.parseKey(text)
  if (parsed instanceof Error || !parsed.isPrivateKey()) return undefined
  return { parsed, type: parsed.type, blob: parsed.getPublicSSH() }
}
