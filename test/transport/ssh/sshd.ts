import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What ssh calls this user. */
export const userName = userInfo().username

/** A folder with keys, the config of an `ssh` and of the servers that it reaches. All of it goes with `dispose`. */
export class SshWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'hf-ssh-'))
  readonly knownHosts = join(this.folder, 'known_hosts')
  readonly ownKnownHosts = join(this.folder, 'own_known_hosts')
  readonly config = join(this.folder, 'config')
  readonly userKey = this.key('user')
  readonly #servers: Sshd[] = []

  constructor() {
    const bin = join(this.folder, 'bin')
    mkdirSync(bin)
    // `ssh` reads the account's own config, whatever HOME says: this one reads the test's.
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${this.config}' "$@"\n`, {
      mode: 0o700,
    })
    writeFileSync(this.config, '')
    writeFileSync(this.knownHosts, '')
  }

  /** From now on `ssh` only reads configs; it runs commands on this machine. */
  standIn(): void {
    const lines = [
      '#!/bin/sh',
      `[ "$1" = -G ] && exec /usr/bin/ssh -F '${this.config}' "$@"`,
      'for last; do :; done',
      'exec sh -c "$last"',
    ]
    writeFileSync(this.path('bin/ssh'), `${lines.join('\n')}\n`)
  }

  /** An environment whose `ssh` has this world's config. */
  get env(): Record<string, string> {
    return { PATH: `${join(this.folder, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: this.folder }
  }

  path(name: string): string {
    return join(this.folder, name)
  }

  /** Makes a key pair, and gives back its place. */
  key(name: string, type = 'ed25519', passphrase = ''): string {
    const path = join(this.folder, `id_${name}`)
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', path])
    return path
  }

  publicKey(path: string): string {
    return readFileSync(`${path}.pub`, 'utf8').trim()
  }

  fingerprint(path: string): string {
    return execFileSync('ssh-keygen', ['-lf', `${path}.pub`], { encoding: 'utf8' }).split(' ')[1] ?? ''
  }

  /** Adds a host to the client's config. */
  host(alias: string, port: number, ...more: string[]): void {
    const lines = [
      `Host ${alias}`,
      'HostName 127.0.0.1',
      `Port ${port}`,
      `UserKnownHostsFile ${this.knownHosts}`,
      'GlobalKnownHostsFile none',
      ...(more.some((line) => line.startsWith('IdentityFile')) ? [] : [`IdentityFile ${this.userKey}`]),
      ...(more.some((line) => line.startsWith('IdentitiesOnly')) ? [] : ['IdentitiesOnly yes']),
      ...(more.some((line) => line.startsWith('IdentityAgent')) ? [] : ['IdentityAgent none']),
      ...more,
    ]
    writeFileSync(this.config, `${lines.join('\n  ')}\n`, { flag: 'a' })
  }

  /** Makes a server's key known to the client. */
  know(port: number, hostKey: string, name = `[127.0.0.1]:${port}`): void {
    const [type, base64] = this.publicKey(hostKey).split(' ')
    writeFileSync(this.knownHosts, `${name} ${type} ${base64}\n`, { flag: 'a' })
  }

  async server(options: SshdOptions = {}): Promise<Sshd> {
    const server = await Sshd.start(this, options)
    this.#servers.push(server)
    return server
  }

  async dispose(): Promise<void> {
    for (const server of this.#servers.splice(0)) await server.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export interface SshdOptions {
  /** Lines of sshd_config. */
  readonly config?: readonly string[]
  /** Key pairs of the host; one is made where none is given. */
  readonly hostKeys?: readonly string[]
  /** Those who may come in; the world's user where nothing is said. */
  readonly authorized?: readonly string[]
}

let made = 0

/** An OpenSSH server on a free port of the loopback, as this user. */
export class Sshd {
  readonly port: number
  readonly hostKey: string
  readonly #child: ChildProcess
  readonly #log: string[]

  private constructor(port: number, hostKey: string, child: ChildProcess, log: string[]) {
    this.port = port
    this.hostKey = hostKey
    this.#child = child
    this.#log = log
  }

  static async start(world: SshWorld, { config = [], hostKeys, authorized }: SshdOptions): Promise<Sshd> {
    made += 1
    const name = `server${made}`
    const keys = hostKeys ?? [world.key(`host_${name}`)]
    const authorizedKeys = world.path(`${name}_authorized_keys`)
    writeFileSync(authorizedKeys, `${(authorized ?? [world.publicKey(world.userKey)]).join('\n')}\n`)
    chmodSync(authorizedKeys, 0o600)
    const port = await freePort()
    const file = world.path(`${name}_config`)
    const lines = [
      ...config,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      ...keys.map((key) => `HostKey ${key}`),
      `AuthorizedKeysFile ${authorizedKeys}`,
      `PidFile ${world.path(`${name}.pid`)}`,
      'LogLevel VERBOSE',
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    const log: string[] = []
    child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text))
    const server = new Sshd(port, keys[0] as string, child, log)
    await server.#listening()
    return server
  }

  get log(): string {
    return this.#log.join('')
  }

  /** How many commands it has started so far. */
  get sessions(): number {
    return this.log.split('Starting session: command').length - 1
  }

  /** Kills the processes that serve connections, as a machine that loses power does. */
  cut(): void {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    for (const row of rows) {
      const [pid, parent] = row.trim().split(/\s+/).map(Number)
      if (parent === this.#child.pid && pid !== undefined) process.kill(pid, 'SIGKILL')
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await ended
  }

  async #listening(): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      if (this.#child.exitCode !== null) throw new Error(`sshd ended: ${this.log}`)
      if (await answers(this.port)) return
      await sleep(10)
    }
    throw new Error(`sshd does not listen: ${this.log}`)
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
