import { describe, expect, it } from 'vitest'
import { parseSshDestination, destinationText } from '../../../src/transport/ssh/ssh-destination.js'
import { readSshHost } from '../../../src/transport/ssh/ssh-host.js'
import { findRoute } from '../../../src/transport/ssh/ssh-route.js'
import type { SshMachine } from '../../../src/transport/ssh/ssh-machine.js'

const machine = {
  userName: 'me',
  home: '/home/me',
  hostName: 'here.example.org',
  env: (name: string) => ({ SSH_AUTH_SOCK: '/run/agent', MINE: '/run/mine' })[name],
}
const destination = { user: null, host: 'box', port: null }
const read = (output: string | null) => readSshHost(destination, output, machine)

describe('a destination', () => {
  it.each(['box', 'me@box', 'me@box:2222', '[fe80::1]', 'me@[::1]:22', 'a.b_c-d', 'me@corp@box'])(
    'reads %s',
    (text) => {
      expect(destinationText(parseSshDestination(text)!)).toBe(text)
    },
  )

  it.each([
    '',
    '-oProxyCommand=x',
    'me@-box',
    '-l@box',
    'a b',
    'box:0',
    'box:65536',
    'box:',
    '@box',
    'box/path',
    "b'ox",
    'b$ox',
    'b`x`',
    'box;x',
    'b%h',
    '[box]',
    'box\n',
  ])('refuses “%s”', (text) => {
    expect(parseSshDestination(text)).toBeNull()
  })
})

describe('the settings of a host', () => {
  it('are what ssh says', () => {
    const host = read(
      [
        'hostname 10.0.0.7',
        'port 2222',
        'user other',
        'hostkeyalias Alias',
        'identitiesonly yes',
        'identityfile ~/.ssh/%h_%r_%n',
        'identityfile "none"',
        'identityfile /k/%%x',
        'serveraliveinterval 7',
        'userknownhostsfile /a "/b c" ~/d',
        'globalknownhostsfile none',
        'proxyjump x,me@y:23',
        'connecttimeout 9',
        'addressfamily inet6',
        'hostkeyalgorithms ssh-ed25519,rsa-sha2-512',
      ].join('\n'),
    )
    expect(host).toMatchObject({
      hostName: '10.0.0.7',
      port: 2222,
      user: 'other',
      hostKeyAlias: 'Alias',
      identitiesOnly: true,
      knownHostsFiles: ['/a', '/b c', '/home/me/d'],
      agentSocket: '/run/agent',
      hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-512'],
      proxyJump: 'x,me@y:23',
      proxyCommand: null,
      connectTimeoutMs: 9000,
      aliveIntervalMs: 7000,
      family: 6,
      asked: true,
    })
    expect(host.identityFiles).toEqual(['/home/me/.ssh/10.0.0.7_other_box', '"none"', '/k/%x'])
  })

  it.each([
    ['identityagent none', null],
    ['identityagent SSH_AUTH_SOCK', '/run/agent'],
    ['identityagent $MINE', '/run/mine'],
    ['identityagent ~/agent', '/home/me/agent'],
    ['identityagent ${MINE}/x', '/run/mine/x'],
    ['', '/run/agent'],
  ])('%s: the agent is at %s', (line, socket) => {
    expect(read(line).agentSocket).toBe(socket)
  })

  it('are ssh’s defaults where there is no ssh', () => {
    const host = read(null)
    expect(host).toMatchObject({
      hostName: 'box',
      port: 22,
      user: 'me',
      asked: false,
      connectTimeoutMs: null,
    })
    expect(host.identityFiles).toContain('/home/me/.ssh/id_ed25519')
    expect(host.knownHostsFiles[0]).toBe('/home/me/.ssh/known_hosts')
  })
})

describe('the way to a host', () => {
  const asked = (configs: Record<string, string>): SshMachine & { args: string[][] } => {
    const args: string[][] = []
    return {
      ...machine,
      args,
      readFile: () => Promise.resolve(null),
      effectiveConfig: (given) => {
        args.push([...given])
        return Promise.resolve(configs[given.at(-1) ?? ''] ?? '')
      },
      hmacSha1: () => new Uint8Array(),
      sha256: () => new Uint8Array(),
    }
  }
  const names = async (configs: Record<string, string>): Promise<string[]> =>
    (await findRoute(asked(configs), destination)).map((hop) => destinationText(hop.destination))

  it('leads through every jump; only the first one is reached as its own config says', async () => {
    expect(await names({ box: 'proxyjump a' })).toEqual(['a', 'box'])
    expect(await names({ box: 'proxyjump me@a:23,ssh://b' })).toEqual(['me@a:23', 'b', 'box'])
    expect(await names({ box: 'proxyjump a,b', a: 'proxyjump c', b: 'proxyjump d' })).toEqual([
      'c',
      'a',
      'b',
      'box',
    ])
    expect(await names({ box: 'proxyjump none' })).toEqual(['box'])
  })

  it('is refused where it leads in a circle, or nowhere', async () => {
    await expect(names({ box: 'proxyjump box' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(names({ box: 'proxyjump -oX' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('is asked for with nothing that ssh could take for an option', async () => {
    const world = asked({})
    await findRoute(world, { user: 'me', host: 'box', port: 23 })
    expect(world.args).toEqual([['-G', '-p', '23', '-l', 'me', '--', 'box']])
  })
})
