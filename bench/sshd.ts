import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const runProgram = promisify(execFile)
const listenTries = 300
const listenPollMs = 10

/** An OpenSSH server of this user on a free port of the loopback, and an `ssh` that knows it. */
export interface BenchSshd {
  readonly pid: number
  readonly port: number
  /** Goes first in PATH: its `ssh` reads the benchmark's own config and nothing of the account's. */
  readonly binFolder: string
  /** Makes the server known under a name, by a port that leads to it. `lines` are further ones of an ssh config. */
  addHost(alias: string, port: number, lines?: readonly string[]): void
  stop(): Promise<void>
}

/**
 * Starts one with keys, config and known_hosts of its own in a new folder. A login there has that folder as its home, so
 * that the account's shell files, which both contenders would wait for, have no say. Rejects where sshd does not listen.
 */
export async function startBenchSshd(folder: string): Promise<BenchSshd> {
  mkdirSync(folder, { mode: 0o700 })
  const place = (name: string): string => join(folder, name)
  const port = await freePort()
  await Promise.all(['user', 'host'].map((name) => makeKey(place(name))))
  writeFileSync(place('authorized'), readFileSync(place('user.pub')), { mode: 0o600 })
  writeFileSync(place('known'), '')
  const serverLines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${place('host')}`,
    `AuthorizedKeysFile ${place('authorized')}`,
    `PidFile ${place('sshd.pid')}`,
    `SetEnv HOME=${folder}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 100',
  ]
  writeFileSync(place('sshd_config'), `${serverLines.join('\n')}\n`)
  writeFileSync(place('ssh_config'), '')
  const binFolder = place('bin')
  mkdirSync(binFolder)
  const wrapper = `#!/bin/sh\nexec ${programPath('ssh')} -F '${place('ssh_config')}' "$@"\n`
  writeFileSync(join(binFolder, 'ssh'), wrapper, { mode: 0o700 })
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const child = spawn(programPath('sshd'), ['-D', '-e', '-f', place('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await listening(child, port)
  return {
    pid: child.pid ?? 0,
    port,
    binFolder,
    addHost: (alias, hostPort, lines = []) => {
      const [type = '', key = ''] = readFileSync(place('host.pub'), 'utf8').split(' ')
      writeFileSync(place('known'), `[127.0.0.1]:${hostPort} ${type} ${key}\n`, { flag: 'a' })
      writeFileSync(place('ssh_config'), hostLines(alias, hostPort, place, lines), { flag: 'a' })
    },
    stop: () => ended(child),
  }
}

function hostLines(
  alias: string,
  port: number,
  place: (name: string) => string,
  lines: readonly string[],
): string {
  const all = [
    `Host ${alias}`,
    'HostName 127.0.0.1',
    `Port ${port}`,
    `UserKnownHostsFile ${place('known')}`,
    'GlobalKnownHostsFile none',
    `IdentityFile ${place('user')}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    ...lines,
  ]
  return `${all.join('\n  ')}\n`
}

/** A program of the search path, or of a folder of system daemons. Throws where there is none. */
export function programPath(name: string): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']
  const found = folders.map((folder) => join(folder, name)).find(isProgram)
  if (found === undefined) throw new Error(`this benchmark needs ${name}, which is not installed`)
  return found
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function makeKey(path: string): Promise<void> {
  await runProgram('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'bench', '-f', path])
}

/** A port of the loopback that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  for (let tries = 0; tries < listenTries; tries++) {
    if (child.exitCode !== null) break
    if (await answers(port)) return
    await sleep(listenPollMs)
  }
  await ended(child)
  throw new Error(`sshd does not listen:\n${said}`)
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

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exit
}
