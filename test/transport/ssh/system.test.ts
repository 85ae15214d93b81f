import { describe, expect, it } from 'vitest'
import { shellQuote, systemSshCommand } from '../../../src/transport/ssh/system-command.js'
import { systemFailure } from '../../../src/transport/ssh/system-failure.js'
import { readSshHost, type SshHost } from '../../../src/transport/ssh/ssh-host.js'
import { parseSshDestination } from '../../../src/transport/ssh/ssh-destination.js'

const machine = { userName: 'me', home: '/home/me', hostName: 'here', env: () => undefined }

function host(name: string, output = ''): SshHost {
  return readSshHost(parseSshDestination(name)!, output, machine)
}

describe('the command line of the system’s ssh', () => {
  it('can’t be asked anything, and accepts no host key because it is new', () => {
    const command = systemSshCommand([host('me@box:23', 'userknownhostsfile /a b')], '/own file', "echo 'hi'")
    expect(command).toContain('-o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no')
    expect(command).toContain(`-o 'UserKnownHostsFile=/a b "/own file"'`)
    expect(command).toMatch(/ -p 23 -l me -- box 'echo '\\''hi'\\'''$/)
  })

  it('spells jumps out, so that the same holds for them', () => {
    const route = [host('a'), host('me@b:23'), host('box', 'hostname 10.0.0.7\nport 24')] as const
    const command = systemSshCommand(route, '/own', 'x')
    expect(command.match(/StrictHostKeyChecking=yes/g)).toHaveLength(3)
    expect(command).toContain('[10.0.0.7]:24')
    expect(command).not.toMatch(/ -J |ProxyJump/)
  })

  it('leaves timeouts to the config that has them', () => {
    const own = systemSshCommand([host('box', 'connecttimeout 3\nserveraliveinterval 4')], '/own', 'x')
    expect(own).not.toMatch(/ConnectTimeout|ServerAliveInterval/)
    expect(systemSshCommand([host('box')], '/own', 'x')).toMatch(/ConnectTimeout=.*ServerAliveInterval=/)
  })

  it.each(['plain', "it's", 'a b', '$HOME `x`', ''])('quotes %j', (text) => {
    const quoted = shellQuote(text)
    expect(quoted === text || /^'.*'$/s.test(quoted)).toBe(true)
    expect(quoted.replaceAll("'\\''", '\0').replaceAll("'", '').replaceAll('\0', "'")).toBe(text)
  })
})

describe('a failure of the system’s ssh', () => {
  const failure = (stderr: string, code = 255) =>
    systemFailure('ssh://box', host('box'), { code, signal: null }, stderr, 'holdfast peer add b ssh://box')

  it.each([
    ['Host key verification failed.', 'PEER_REFUSED'],
    ['No ED25519 host key is known for box and you have requested strict checking.', 'PEER_REFUSED'],
    ['me@box: Permission denied (publickey).', 'PEER_REFUSED'],
    ['Received disconnect from 1.2.3.4: 2: Too many authentication failures', 'PEER_REFUSED'],
    ['ssh: Could not resolve hostname box: Name or service not known', 'PEER_UNREACHABLE'],
    ['ssh: connect to host box port 22: Connection refused', 'PEER_UNREACHABLE'],
    ['ssh: connect to host box port 22: Connection timed out', 'PEER_UNREACHABLE'],
    ['kex_exchange_identification: Connection closed by remote host', 'PEER_UNREACHABLE'],
    ['', 'PEER_UNREACHABLE'],
  ])('%s: %s', (stderr, code) => {
    expect(failure(`Warning: something\r\n${stderr}\r\n`)).toMatchObject({
      code,
      message: expect.stringContaining(stderr === '' ? 'something' : stderr),
    })
  })

  it('is no failure of ssh where the command over there failed', () => {
    expect(failure('', 0)).toBeUndefined()
    expect(failure('Permission denied', 1)).toMatchObject({ code: 'PEER_UNREACHABLE' })
    expect(failure('sh: holdfast: not found', 127)).toMatchObject({
      code: 'PEER_UNREACHABLE',
      next: expect.stringContaining('holdfast peer add b ssh://box --holdfast-path CMD'),
    })
  })
})
