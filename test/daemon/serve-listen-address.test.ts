import { describe, expect, it } from 'vitest'
import {
  isLoopback,
  isWildcard,
  listenWarnings,
  parseListenAddress,
  peerAddCommand,
} from '../../src/daemon/serve-listen-address.js'

describe('an address to listen at', () => {
  it.each([
    ['127.0.0.1:2222', '127.0.0.1', 2222],
    ['box.lan:0', 'box.lan', 0],
    ['[::1]:22', '::1', 22],
    ['[fe80::1]:65535', 'fe80::1', 65_535],
    ['2222', '127.0.0.1', 2222],
    [':2222', '127.0.0.1', 2222],
    ['0.0.0.0:1', '0.0.0.0', 1],
  ])('%s', (text, host, port) => {
    expect(parseListenAddress(text)).toEqual({ host, port })
  })

  it.each([
    '',
    'host',
    'host:',
    '1.2.3.4:65536',
    '::1:22',
    '[::g]:1',
    '[127.0.0.1]:1',
    'a b:1',
    'h:-1',
    'h:1x',
    'h:1 ',
  ])('“%s” is none', (text) => {
    expect(() => parseListenAddress(text)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('is known to be open to all, or to this machine alone', () => {
    expect(['0.0.0.0', '::', '0:0:0:0:0:0:0:0'].map(isWildcard)).toEqual([true, true, true])
    expect(['10.0.0.1', '::1', 'x'].map(isWildcard)).toEqual([false, false, false])
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(isLoopback)).toEqual([true, true, true, true])
    expect(['0.0.0.0', '::', '10.0.0.1', '127.example.org'].map(isLoopback)).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  it('gives what is typed elsewhere, in one piece for a shell', () => {
    const peer = { name: 'Ada’s box', host: 'fe80::1', port: 22, fingerprint: 'SHA256:x' }
    expect(peerAddCommand(peer)).toBe(
      "holdfast peer add Ada-s-box 'ssh://[fe80::1]:22' --accept-host-key SHA256:x",
    )
    expect(peerAddCommand({ ...peer, name: '—', host: 'h' })).toBe(
      'holdfast peer add peer ssh://h:22 --accept-host-key SHA256:x',
    )
  })

  it('is warned of where strangers reach it, and where nobody does', () => {
    expect(listenWarnings('0.0.0.0', 2222, 1, '/k')).toEqual([
      expect.stringMatching(/^Warning: every address of this machine answers at port 2222/),
    ])
    expect(listenWarnings('10.0.0.1', 2222, 1, '/k')).toEqual([])
    expect(listenWarnings('::1', 2222, 0, '/k')).toEqual([
      expect.stringMatching(/^Only this machine reaches \[::1\]:2222/),
      expect.stringMatching(/^Nobody can log in yet.* to \/k\./),
    ])
  })
})
