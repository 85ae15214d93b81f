import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AcceptedKey } from '../transport/ssh/host-key-policy.js'
import type { Home } from './home.js'
import { writePrivateFile } from './private-file.js'

/** Holdfast’s own known_hosts file: host keys that were accepted by `peer add`. The user’s files are only read. */
export function ownKnownHosts({ identityFolder }: Pick<Home, 'identityFolder'>): string {
  return join(identityFolder, 'known_hosts')
}

/** Keeps accepted keys; an older key of the same host and type goes. Durable when it returns. Throws as writing does. */
export function keepHostKeys(file: string, keys: readonly AcceptedKey[]): void {
  if (keys.length === 0) return
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const isReplaced = (line: string): boolean =>
    keys.some(({ name, type }) => line.startsWith(`${name} ${type} `))
  const kept = text.split('\n').filter((line) => line !== '' && !isReplaced(line))
  const added = keys.map(({ name, type, blob }) => `${name} ${type} ${blob.toString('base64')}`)
  writePrivateFile(file, `${[...kept, ...added].join('\n')}\n`)
}
