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
    ['ssh://laptop', "'exec:ssh laptop holdfast serve --stdio'"],
    ['ssh://me@laptop:2222', "'exec:ssh -p 2222 me@laptop holdfast serve --stdio'"],
    ['docker://box', "'exec:docker exec -i box holdfast serve --stdio'"],
    [
      'kube://agents/deploy/worker',
      "'exec:kubectl exec -i -n agents deploy/worker -- holdfast serve --stdio'",
    ],
    [
      'kube://prod@agents/pod/w-0?container=main',
      "'exec:kubectl exec -i --context prod -n agents pod/w-0 -c main -- holdfast serve --stdio'",
    ],
    ['share:///mnt/share', "'exec:COMMAND'"],
  ])('says what reaches %s', (url, next) => {
    expect(refusal(() => parsePeerUrl(url))).toEqual({ code: 'USAGE', next: expect.stringContaining(next) })
  })

  it.each(['', 'exec:', 'exec:  ', 'laptop', 'http://laptop', 'ssh:laptop', 'exec:a\0b'])(
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
