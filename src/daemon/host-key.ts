import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { HoldfastError } from '../engine/core/errors.js'
import type { PeerIdentity } from '../engine/ports/replica.js'
import { writePrivateFile } from './private-file.js'

export { hostIdOf, logIdOf } from '../store/log-identity.js'

/** The host's Ed25519 key. The private half never leaves its file. */
export interface HostKey {
  /** SPKI DER. */
  readonly publicKey: Uint8Array
}

export const hostKeyFile = (identityFolder: string): string => join(identityFolder, 'host.key')

/** undefined where there is none. Throws NOT_READABLE for one that can't be read or is no key. */
export function readHostKey(identityFolder: string): HostKey | undefined {
  const key = privateKey(identityFolder)
  return key && { publicKey: publicHalf(key) }
}

/** The host as it proves itself to peers; undefined and throws as `readHostKey`. */
export function hostIdentity(identityFolder: string): PeerIdentity | undefined {
  const key = privateKey(identityFolder)
  return key && { publicKey: publicHalf(key), sign: (bytes) => sign(null, bytes, key), verify: verifies }
}

/** Keys that were parsed last: a peer shows its own, and those of the logs it passes on, with every run. */
const parsedKeys = new Map<string, KeyObject>()
const parsedMax = 64

function parsed(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('base64')
  const known = parsedKeys.get(name)
  if (known) return known
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  if (parsedKeys.size >= parsedMax) parsedKeys.clear()
  parsedKeys.set(name, key)
  return key
}

/** Whether the signature over these bytes was made with the key. Bytes that are no key have signed nothing. */
function verifies(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = parsed(publicKey)
    return key.asymmetricKeyType === 'ed25519' && verify(null, bytes, key, signature)
  } catch {
    return false
  }
}

function privateKey(identityFolder: string): KeyObject | undefined {
  const file = hostKeyFile(identityFolder)
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new HoldfastError('NOT_READABLE', `${file} can't be read`, { cause: error })
  }
  try {
    return createPrivateKey(pem)
  } catch (error) {
    throw new HoldfastError('NOT_READABLE', `${file} holds no private key`, {
      cause: error,
      next: 'Restore it from a backup, or move it away: Holdfast then opens a new log under a new key.',
    })
  }
}

/** Makes a key and keeps it, 0600 and synced, in place of any other. */
export function createHostKey(identityFolder: string): HostKey {
  const { privateKey: key } = generateKeyPairSync('ed25519')
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  writePrivateFile(hostKeyFile(identityFolder), pem)
  return { publicKey: publicHalf(key) }
}

function publicHalf(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: 'spki', format: 'der' })
}
