import { describe, expect, it } from 'vitest'
import type { Machine } from '../../src/platform/machine-id.js'
import { readMachineId } from '../../src/platform/machine-id.js'

const id = '0123456789abcdef0123456789abcdef'
const other = 'fedcba9876543210fedcba9876543210'

interface Facts extends Partial<Pick<Machine, 'platform' | 'env' | 'hostname'>> {
  readonly files?: Readonly<Record<string, string>>
  readonly output?: string
}

function machine(facts: Facts, commands: string[] = []): Machine {
  const files = facts.files ?? {}
  return {
    platform: facts.platform ?? 'linux',
    env: facts.env ?? {},
    hostname: facts.hostname ?? 'one',
    readText: (path) => files[path],
    exists: (path) => path in files,
    run: (command) => {
      commands.push(command)
      return facts.output
    },
  }
}
const read = (facts: Facts) => readMachineId(machine(facts))
const installed = { '/etc/machine-id': `${id}\n` }

describe('readMachineId', () => {
  it('is a hash that does not show the id', async () => {
    const result = await read({ files: installed })
    expect(result).toMatch(/^[0-9a-f]{64}$/)
    expect(result).not.toContain(id)
  })

  it('is stable here', async () => {
    expect(await readMachineId()).toBe(await readMachineId())
  })

  it('is the same machine after a new host name', async () => {
    expect(await read({ files: installed })).toBe(await read({ files: installed, hostname: 'two' }))
    expect(await read({ files: installed })).not.toBe(await read({ files: { '/etc/machine-id': other } }))
  })

  it('takes the id of D-Bus where the system has none yet', async () => {
    const dbus = { '/var/lib/dbus/machine-id': id }
    for (const unset of ['', 'uninitialized\n']) {
      expect(await read({ files: { '/etc/machine-id': unset, ...dbus } })).toBe(
        await read({ files: installed }),
      )
    }
    expect(await read({ files: { ...installed, '/var/lib/dbus/machine-id': other } })).toBe(
      await read({ files: installed }),
    )
  })

  it.each([
    ['Docker', { files: { ...installed, '/.dockerenv': '' } }],
    ['Podman', { files: { ...installed, '/run/.containerenv': '' } }],
    ['Kubernetes', { files: installed, env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } }],
    ['a cgroup of Docker', { files: { ...installed, '/proc/self/cgroup': '0::/docker/1234' } }],
    ['a cgroup of Kubernetes', { files: { ...installed, '/proc/self/cgroup': '0::/kubepods/pod1' } }],
  ])('counts the host name in a container of one image: %s', async (_, facts) => {
    const one = await read({ ...facts, hostname: 'one' })
    expect(one).toBe(await read({ ...facts, hostname: 'one' }))
    expect(one).not.toBe(await read({ ...facts, hostname: 'two' }))
    expect(one).not.toBe(await read({ files: installed }))
  })

  it('is no container by an ordinary cgroup', async () => {
    const files = { ...installed, '/proc/self/cgroup': '0::/user.slice/user-1000.slice' }
    expect(await read({ files })).toBe(await read({ files: installed }))
  })

  it('asks ioreg on macOS', async () => {
    const commands: string[] = []
    const output = '  "IOPlatformSerialNumber" = "C02"\n  "IOPlatformUUID" = "AAAA-BBBB"\n'
    const one = await readMachineId(machine({ platform: 'darwin', output }, commands))
    expect(commands).toEqual(['/usr/sbin/ioreg'])
    expect(one).toBe(await read({ platform: 'darwin', output, hostname: 'two' }))
    expect(one).not.toBe(await read({ platform: 'darwin', output: output.replace('BBBB', 'CCCC') }))
  })

  it('asks the registry on Windows', async () => {
    const commands: string[] = []
    const output = 'HKEY_LOCAL_MACHINE\\SOFTWARE\r\n    MachineGuid    REG_SZ    11-22\r\n'
    const one = await readMachineId(machine({ platform: 'win32', output }, commands))
    expect(commands).toEqual(['reg'])
    expect(one).toBe(await read({ platform: 'win32', output, hostname: 'two' }))
    expect(one).not.toBe(await read({ platform: 'win32', output: output.replace('22', '33') }))
  })

  it.each(['linux', 'darwin', 'win32'] as const)('falls back to the host name on %s', async (platform) => {
    const one = await read({ platform })
    expect(one).toBe(await read({ platform }))
    expect(one).not.toBe(await read({ platform, hostname: 'two' }))
    // A host that happens to be named like an id is another machine.
    expect(await read({ platform, hostname: id })).not.toBe(await read({ files: installed }))
  })
})
