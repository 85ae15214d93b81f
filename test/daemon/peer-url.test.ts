import { describe, expect, it } from 'vitest'
import { parsePeerUrl } from '../../src/daemon/peer-url.js'
import { fingerprint, requireKey } from '../../src/daemon/peer-trust.js'
import { HoldfastError } from '../../src/engine/core/errors.js'

function refusal(work: () => unknown): { code: string; next: string } {
  try {
    work()
  } catch (error) {
    if (error instanceof HoldfastError) return { code: error.code, next: error.next }
    throw error
  }
  throw new Error('accepted')
}

describe('parsePeerUrl', () => {
  it('takes a command, whatever it holds', () => {
    const command = "ssh -p 2222 'me@a host' holdfast serve --stdio"
    expect(parsePeerUrl(`exec:${command}`)).toEqual({ kind: 'exec', command })
    expect(parsePeerUrl('exec: a:b://c ')).toEqual({ kind: 'exec', command: 'a:b://c' })
  })

  it.each([
    ['ssh://laptop', { user: null, host: 'laptop', port: null }],
    ['ssh://laptop/', { user: null, host: 'laptop', port: null }],
    ['ssh://me@laptop:2222', { user: 'me', host: 'laptop', port: 2222 }],
    ['ssh://[fe80::1]:22', { user: null, host: 'fe80::1', port: 22 }],
  ])('takes %s', (url, destination) => {
    expect(parsePeerUrl(url)).toEqual({ kind: 'ssh', destination, system: false })
    expect(parsePeerUrl(url.replace('ssh:', 'ssh+exec:'))).toEqual({ kind: 'ssh', destination, system: true })
  })

  it('takes pods and containers', () => {
    expect(parsePeerUrl('docker://box')).toEqual({ kind: 'docker', container: 'box' })
    expect(parsePeerUrl('kube://prod@agents/deploy/worker?container=main')).toMatchObject({
      kind: 'kube',
      context: 'prod',
      namespace: 'agents',
      container: 'main',
    })
  })

  it.each([
    ['ssh://-oProxyCommand=x', 'ssh://[USER@]HOST[:PORT]'],
    ['ssh://a b', 'ssh://[USER@]HOST[:PORT]'],
    ['ssh://laptop/path', 'ssh://[USER@]HOST[:PORT]'],
    ['ssh+exec://laptop;id', 'ssh://[USER@]HOST[:PORT]'],
    ['docker://a/b', 'docker://CONTAINER'],
    ['kube://agents', 'kube://[CONTEXT@]NAMESPACE/KIND/NAME'],
    ['share:///mnt/share', "'exec:COMMAND'"],
  ])('refuses %s, and says what to write', (url, next) => {
    expect(refusal(() => parsePeerUrl(url))).toEqual({ code: 'USAGE', next: expect.stringContaining(next) })
  })

  it.each(['', 'exec:', 'exec:  ', 'laptop', 'http://laptop', 'ssh:laptop', 'exec:a\0b', 'toString://x'])(
    'refuses “%s”',
    (url) => {
      expect(refusal(() => parsePeerUrl(url))).toEqual({
        code: 'USAGE',
        next: expect.stringContaining('exec:COMMAND'),
      })
    },
  )
})

describe('requireKey', () => {
  const key = Buffer.from('a key')
  const peer = { name: 'laptop', url: 'exec:true' }

  it('takes the first key, and that one ever after', () => {
    requireKey(peer, key)
    requireKey({ ...peer, key: fingerprint(key) }, key)
  })

  it('refuses another one, and says how to accept it', () => {
    expect(refusal(() => requireKey({ ...peer, key: fingerprint(Buffer.from('old')) }, key))).toEqual({
      code: 'PEER_REFUSED',
      next: expect.stringContaining("holdfast peer add laptop 'exec:true'"),
    })
  })
})
