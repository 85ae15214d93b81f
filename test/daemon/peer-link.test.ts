import { describe, expect, it } from 'vitest'
import { hostKeyPolicy, openPeerLink } from '../../src/daemon/peer-link.js'
import { parseConfig } from '../../src/daemon/config.js'
import { findHome } from '../../src/daemon/home.js'
import { createHasher } from '../../src/platform/node-hasher.js'
import { systemClock } from '../../src/platform/system-clock.js'
import { temporaryFolder } from './temporary-home.js'

const hasher = await createHasher()
const tools = () => {
  return { home: findHome({ HOLDFAST_HOME: temporaryFolder() }), clock: systemClock, hasher }
}

describe('a link to a peer', () => {
  it('is what its address says', async () => {
    const exec = openPeerLink(tools(), { name: 'b', url: 'exec:printf %s hello' })
    const chunks: Uint8Array[] = []
    for await (const chunk of exec.receive) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe('hello')
    await exec.close(new Error('over'))
    const ssh = openPeerLink(tools(), { name: 'b', url: 'ssh://me@127.0.0.1:1' })
    expect(ssh.name).toBe('ssh://me@127.0.0.1:1')
    const reading = ssh.receive[Symbol.asyncIterator]().next()
    await expect(reading).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await expect(ssh.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    await ssh.close(new Error('over'))
    expect(() => openPeerLink(tools(), { name: 'b', url: 'share:///x' })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    )
  })

  it('names the command that adds its peer, as a shell takes it', () => {
    const { home } = tools()
    expect(hostKeyPolicy(home, { name: 'b', url: 'ssh://me@box' }).addCommand).toBe(
      'holdfast peer add b ssh://me@box',
    )
    expect(hostKeyPolicy(home, { name: 'b', url: 'ssh://[::1]:22' }).addCommand).toBe(
      "holdfast peer add b 'ssh://[::1]:22'",
    )
  })
})

describe('how Holdfast is run over there', () => {
  const config = (path: string): string =>
    `peers:\n  - name: b\n    url: ssh://b\n    holdfastPath: ${JSON.stringify(path)}\n`

  it.each(['holdfast', '/opt/node /opt/run.js', 'PATH=$HOME/x:$PATH holdfast'])('may be “%s”', (path) => {
    expect(parseConfig(config(path), 'c').peers[0]?.holdfastPath).toBe(path)
  })

  it.each(['', '  ', 'a\nb', 'a\0b'])('may not be %j', (path) => {
    expect(() => parseConfig(config(path), 'c')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})
