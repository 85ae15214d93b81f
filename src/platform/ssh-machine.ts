import { execFile } from 'node:child_process'
import { createHash, createHmac } from 'node:crypto'
import { open } from 'node:fs/promises'
import { homedir, hostname, userInfo } from 'node:os'
import { HoldfastError } from '../engine/core/errors.js'

/** No key is as large; a known_hosts file may be. */
const fileMaxBytes = 16 * 1024 * 1024
const configMaxBytes = 4 * 1024 * 1024
/** A config may run commands of the user's (`Match exec`). */
const configMs = 20_000

interface SmallFile {
  readonly bytes: Buffer
  readonly openToOthers: boolean
}

/** The machine and its user, as an SSH client sees them. */
export interface SshMachineOfNode {
  readonly userName: string
  readonly home: string
  readonly hostName: string
  env(name: string): string | undefined
  readFile(path: string): Promise<SmallFile | null>
  effectiveConfig(args: readonly string[]): Promise<string | null>
  hmacSha1(key: Uint8Array, text: string): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
}

export function createSshMachine(environment: NodeJS.ProcessEnv = process.env): SshMachineOfNode {
  const { name, home } = account(environment)
  return {
    userName: name,
    home,
    hostName: hostname(),
    env: (key) => environment[key],
    readFile: readSmallFile,
    effectiveConfig: (args) => askSsh(args, environment),
    hmacSha1: (key, text) => createHmac('sha1', key).update(text).digest(),
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  }
}

/** `ssh` takes the home folder of the account, whatever HOME says. A user id may have no account: then HOME counts. */
function account(environment: NodeJS.ProcessEnv): { readonly name: string; readonly home: string } {
  try {
    const { username, homedir: home } = userInfo()
    return { name: username, home }
  } catch {
    return { name: environment['USER'] ?? '', home: homedir() }
  }
}

async function readSmallFile(path: string): Promise<SmallFile | null> {
  try {
    const file = await open(path, 'r')
    try {
      const stat = await file.stat()
      if (!stat.isFile() || stat.size > fileMaxBytes) return null
      const isOwn = process.getuid === undefined || stat.uid === process.getuid()
      const openToOthers = process.platform !== 'win32' && isOwn && (stat.mode & 0o077) !== 0
      return { bytes: await file.readFile(), openToOthers }
    } finally {
      await file.close()
    }
  } catch {
    // Missing, or not for this user: the config names files that need not be there.
    return null
  }
}

function askSsh(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: configMs, maxBuffer: configMaxBytes }
    execFile('ssh', [...args], { ...limits, env, windowsHide: true }, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else if (error.code === 'ENOENT') resolve(null)
      else {
        const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '')
        const words = lines
          .slice(0, 3)
          .join('; ')
          .replaceAll(/\p{Cc}+/gu, ' ')
        reject(
          new HoldfastError('CONFIG_INVALID', `ssh can’t read its config: ${words || error.message}`, {
            cause: error,
            next: 'Mend ~/.ssh/config: `ssh -G HOST` must print the settings of a host.',
          }),
        )
      }
    })
  })
}
