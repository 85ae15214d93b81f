import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../engine/core/errors.js'
import { createServerKey, readServerKey } from '../transport/ssh-server/server-key.js'
import type { ServerKey } from '../transport/ssh-server/server-key.js'
import { writePrivateFile } from './private-file.js'

/** By this file clients know the embedded SSH server. The host's own key stays out of it: that one signs the log. */
export const serverKeyFile = (identityFolder: string): string => join(identityFolder, 'ssh-server.key')

/**
 * The key of the embedded SSH server, made at its first start. Throws NOT_PRIVATE where others could read it, NOT_READABLE
 * for what can't be read or is no key, NOT_WRITABLE, DISK_FULL.
 */
export function serverKey(identityFolder: string, hostName: string): ServerKey {
  const file = serverKeyFile(identityFolder)
  if (!statSync(file, { throwIfNoEntry: false })) {
    const comment = `holdfast@${hostName.replaceAll(/[^\w.-]+/g, '-')}`
    writePrivateFile(file, createServerKey(comment))
  }
  const { mode } = statSync(file)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    throw new HoldfastError('NOT_PRIVATE', `${file} was open to other users`, {
      next: 'Remove it: a new key is made at the next start, which peers then accept anew.',
    })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new HoldfastError('NOT_READABLE', `${file} can’t be read`, { cause: error })
  }
  const key = readServerKey(text)
  if (key) return key
  throw new HoldfastError('NOT_READABLE', `${file} holds no private key`, {
    next: 'Restore it from a backup, or remove it: a new key is made at the next start, which peers then accept anew.',
  })
}
