import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import type { Client, ConnectConfig } from 'ssh2'
import { clientKey } from './key-pair.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import { parseAuthorizedKeys } from '../../../src/transport/ssh-server/authorized-keys.js'
import { createServerKey, readServerKey } from '../../../src/transport/ssh-server/server-key.js'
import type { ServedChannel, ServedEnd } from '../../../src/transport/ssh-server/ssh-connection.js'
import { listenSsh } from '../../../src/transport/ssh-server/ssh-server.js'
import type { SshServer } from '../../../src/transport/ssh-server/ssh-server.js'
import type { SshServerLimits } from '../../../src/transport/ssh-server/ssh-server-limits.js'

export interface SshWorldOptions {
  readonly serve?: (channel: ServedChannel) => Promise<ServedEnd>
  readonly limits?: Partial<SshServerLimits>
  /** What the file of keys holds; default: the world's own key. */
  readonly authorized?: (publicKey: string) => string
}

/** Sends back all that comes, and ends in order. */
export async function echo({ link }: ServedChannel): Promise<ServedEnd> {
  for await (const chunk of link.receive) await link.send(chunk)
  return { exitCode: 0, words: '' }
}

/** A server on this machine, with a key that may log in and how the `ssh` command does so. */
export class SshWorld {
  readonly server: SshServer
  readonly folder: string
  /** Of the client, in OpenSSH's format. */
  readonly privateKey: string
  readonly publicKey: string
  readonly notes: string[]

  private constructor(world: Pick<SshWorld, 'server' | 'folder' | 'privateKey' | 'publicKey' | 'notes'>) {
    this.server = world.server
    this.folder = world.folder
    this.privateKey = world.privateKey
    this.publicKey = world.publicKey
    this.notes = world.notes
  }

  static async open({ serve = echo, limits = {}, authorized }: SshWorldOptions = {}): Promise<SshWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-ssh-'))
    const pair = clientKey('ada@laptop')
    const hostKey = readServerKey(createServerKey('test'))!
    const file = parseAuthorizedKeys(authorized?.(pair.public) ?? pair.public)
    const notes: string[] = []
    const server = await listenSsh({
      host: '127.0.0.1',
      port: 0,
      hostKey,
      clock: systemClock,
      limits,
      serve,
      authorizedKeys: () => file.keys,
      note: (words) => notes.push(words),
    })
    writeFileSync(join(folder, 'key'), pair.private, { mode: 0o600 })
    chmodSync(join(folder, 'key'), 0o600)
    const known = `[127.0.0.1]:${server.port} ${hostKey.type} ${hostKey.blob.toString('base64')}\n`
    writeFileSync(join(folder, 'known_hosts'), known)
    return new SshWorld({ server, folder, privateKey: pair.private, publicKey: pair.public, notes })
  }

  /** How OpenSSH's client reaches the server, up to the host. */
  ssh(...options: string[]): string[] {
    const settings = [
      'BatchMode=yes',
      'IdentitiesOnly=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${join(this.folder, 'known_hosts')}`,
      'GlobalKnownHostsFile=none',
    ]
    const port = ['-p', String(this.server.port)]
    const key = ['-i', join(this.folder, 'key')]
    return [
      'ssh',
      '-F',
      'none',
      ...settings.flatMap((each) => ['-o', each]),
      ...port,
      ...key,
      ...options,
      '127.0.0.1',
    ]
  }

  /** A client in this process. Rejects with what the library says where it can't log in. */
  connect(config: ConnectConfig = {}): Promise<Client> {
    const client = new ssh2.Client()
    return new Promise((resolve, reject) => {
      client.once('ready', () => resolve(client))
      client.on('error', reject)
      client.once('close', () => reject(new Error('closed')))
      client.connect({
        host: '127.0.0.1',
        port: this.server.port,
        username: 'anybody',
        privateKey: this.privateKey,
        ...config,
      })
    })
  }

  async dispose(): Promise<void> {
    await this.server.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
