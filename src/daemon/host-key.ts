import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { HoldfastError } from '../engine/core/errors.js'
import type { HostId, LogId } from '../engine/core/event.js'
import type { Hasher } from '../engine/ports/hash.js'
import { writePrivateFile } from './private-file.js'

/** The host's Ed25519 key. The private half never leaves its file. */
export interface HostKey {
  /** SPKI DER. */
  readonly publicKey: Uint8Array
}

export const hostKeyFile = (identityFolder: string): string => join(identityFolder, 'host.key')

/** undefined where there is none. Throws NOT_READABLE for one that can't be read or is no key. */
export function readHostKey(identityFolder: string): HostKey | undefined {
  const file = hostKeyFile(identityFolder)
  let pem: string
  try {
    pem = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new HoldfastError('NOT_READABLE', `${file} can't be read`, { cause: error })
  }
  try {
    return { publicKey: publicHalf(pem) }
  } catch (error) {
    throw new HoldfastError('NOT_READABLE', `${file} holds no private key`, {
      cause: error,
      next: 'Restore it from a backup, or move it away: Holdfast then opens a new log under a new key.',
    })
  }
}

/** Makes a key and keeps it, 0600 and synced, in place of any other. */
export function createHostKey(identityFolder: string): HostKey {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  writePrivateFile(hostKeyFile(identityFolder), pem)
  return { publicKey: publicHalf(pem) }
}

function publicHalf(pem: string): Uint8Array {
  return createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' })
}

export function hostIdOf(hasher: Hasher, publicKey: Uint8Array): HostId {
  return first16(hasher.sha256(publicKey))
}

export function logIdOf(hasher: Hasher, publicKey: Uint8Array, nonce: Uint8Array): LogId {
  return first16(hasher.sha256(publicKey, nonce))
}

function first16(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex', 0, 16)
}
