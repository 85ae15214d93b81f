import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** What the identity is made of; a test gives its own. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly hostname: string
  /** The text of a file; undefined where it is missing or can't be read. */
  readonly readText: (path: string) => string | undefined
  readonly exists: (path: string) => boolean
  /** What a command prints; undefined where it fails or does not exist. */
  readonly run: (command: string, args: readonly string[]) => string | undefined
}

const runTimeoutMs = 5_000

/**
 * A stable identity of this machine: 64 hex digits, the SHA-256 of what the system calls itself, which is never
 * shown or sent as it is. Containers of one image share /etc/machine-id, so there the host name counts too. Where the
 * system has no identity, the host name alone stands in, marked as such.
 */
export function readMachineId(machine: Machine = thisMachine): Promise<string> {
  const text = ingredients(machine).join('\0')
  return Promise.resolve(createHash('sha256').update(`holdfast machine\0${text}`).digest('hex'))
}

function ingredients(machine: Machine): string[] {
  const id = systemId(machine)
  if (id === undefined) return ['hostname-only', machine.hostname]
  return isContainer(machine) ? ['container', id, machine.hostname] : ['machine', id]
}

function systemId(machine: Machine): string | undefined {
  switch (machine.platform) {
    case 'darwin':
      return match(
        machine.run('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']),
        /"IOPlatformUUID" = "([^"]+)"/,
      )
    case 'win32':
      return match(
        machine.run('reg', ['query', 'HKLM\\SOFTWARE\\Microsoft\\Cryptography', '/v', 'MachineGuid']),
        /MachineGuid\s+REG_SZ\s+(\S+)/,
      )
    default:
      return linuxId(machine)
  }
}

function linuxId(machine: Machine): string | undefined {
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id']) {
    const text = machine.readText(path)?.trim()
    // An image that is still to be booted says `uninitialized`.
    if (text !== undefined && /^[0-9a-f]{32}$/i.test(text)) return text.toLowerCase()
  }
  return undefined
}

function isContainer(machine: Machine): boolean {
  if (machine.platform !== 'linux') return false
  if (machine.env['KUBERNETES_SERVICE_HOST']) return true
  if (machine.exists('/.dockerenv') || machine.exists('/run/.containerenv')) return true
  return /docker|kubepods|containerd|libpod/.test(machine.readText('/proc/self/cgroup') ?? '')
}

function match(text: string | undefined, pattern: RegExp): string | undefined {
  return text === undefined ? undefined : pattern.exec(text)?.[1]?.toLowerCase()
}

const thisMachine: Machine = {
  platform: process.platform,
  env: process.env,
  hostname: hostname(),
  readText: (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return undefined
    }
  },
  exists: existsSync,
  run: (command, args) => {
    const result = spawnSync(command, args, { encoding: 'utf8', timeout: runTimeoutMs, windowsHide: true })
    return result.status === 0 ? result.stdout : undefined
  },
}
