import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { judgeHostKey } from '../../../src/transport/ssh/host-key.js'
import { lookUp } from '../../../src/transport/ssh/known-hosts.js'

/** A public key of a type, as the wire has it; no real one. */
function blob(type: string, seed: string): Buffer {
  const part = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  return Buffer.concat([part(Buffer.from(type)), part(Buffer.from(seed.padEnd(32, '.')))])
}

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha1', key).update(text).digest()
const a = blob('ssh-ed25519', 'a')
const b = blob('ssh-ed25519', 'b')
const rsa = blob('ssh-rsa', 'r')
const line = (hosts: string, key: Buffer, type = 'ssh-ed25519'): string =>
  `${hosts} ${type} ${key.toString('base64')}`

function hashed(name: string): string {
  const salt = Buffer.from('0123456789abcdefghij')
  return `|1|${salt.toString('base64')}|${hmac(salt, name).toString('base64')}`
}

function look(text: string, host: { name?: string; port?: number; alias?: string } = {}) {
  const { name = 'Box.example.org', port = 22, alias = null } = host
  return lookUp([{ path: '/k', text }], { hostName: name, port, hostKeyAlias: alias }, hmac)
}

describe('known_hosts', () => {
  it.each([
    ['a name, whatever the case', line('box.Example.org', a), {}],
    ['one of several', line('other,box.example.org,10.0.0.1', a), {}],
    ['a star', line('*.example.org', a), {}],
    ['stars and question marks', line('b?x.*.o*', a), {}],
    ['a hash', line(hashed('box.example.org'), a), {}],
    ['a port', line('[box.example.org]:2222', a), { port: 2222 }],
    ['a hash of a port', line(hashed('[box.example.org]:2222'), a), { port: 2222 }],
    ['an alias, whatever the port', line('alias', a), { alias: 'alias', port: 2222 }],
    ['a comment at the end, tabs, and carriage returns', `${line('box.example.org', a)}\tme@here\r`, {}],
    ['an IPv6 address', line('fe80::1', a), { name: 'fe80::1' }],
  ])('knows by %s', (_name, text, host) => {
    const known = look(`# a comment\n\n${text}\n`, host)
    expect(known.keys).toEqual([{ type: 'ssh-ed25519', blob: a, file: '/k', line: 3 }])
    expect(judgeHostKey(known, a)).toEqual({ kind: 'known' })
  })

  it.each([
    ['another name', line('example.org', a), {}],
    ['a negation', line('*.example.org,!box.example.org', a), {}],
    ['a negation that stands first', line('!box.*,*.example.org', a), {}],
    ['a hash of another name', line(hashed('example.org'), a), {}],
    ['a hash of a later version', line(hashed('box.example.org').replace('|1|', '|2|'), a), {}],
    ['another port', line('[box.example.org]:2222', a), { port: 2223 }],
    ['the port alone', line('[box.example.org]:2222', a), {}],
    ['the name, where an alias stands for it', line('box.example.org', a), { alias: 'alias' }],
    ['a comment', `#${line('box.example.org', a)}`, {}],
    ['a marker that nobody knows', `@new ${line('box.example.org', a)}`, {}],
    ['a key that is of another type than it says', line('box.example.org', a, 'ssh-rsa'), {}],
    ['a key that is none', 'box.example.org ssh-ed25519 AAAA', {}],
    ['too few words', 'box.example.org ssh-ed25519', {}],
    ['an authority', `@cert-authority ${line('box.example.org', a)}`, {}],
  ])('does not know by %s', (_name, text, host) => {
    const known = look(text, host)
    expect(known.keys).toEqual([])
    expect(judgeHostKey(known, a)).toEqual({ kind: 'unknown', others: [] })
  })

  it('takes the name without a port for a match, never for a contradiction', () => {
    const known = look(line('box.example.org', a), { port: 2222 })
    expect(judgeHostKey(known, a)).toEqual({ kind: 'known' })
    expect(judgeHostKey(known, b)).toEqual({ kind: 'unknown', others: [] })
  })

  it('tells a changed key from one of another type', () => {
    const known = look(`${line('box.example.org', a)}\n`)
    expect(judgeHostKey(known, b)).toMatchObject({ kind: 'changed', old: { line: 1 } })
    expect(judgeHostKey(known, rsa)).toMatchObject({ kind: 'unknown', others: [{ line: 1 }] })
    const two = look(`${line('box.example.org', a)}\n${line('box.example.org', b)}\n`)
    expect(judgeHostKey(two, b)).toEqual({ kind: 'known' })
  })

  it('refuses a revoked key, also one that is known', () => {
    const known = look(`${line('box.example.org', a)}\n@revoked ${line('*', a)}\n`)
    expect(judgeHostKey(known, a)).toMatchObject({ kind: 'revoked', by: { line: 2 } })
  })

  it('takes no time to speak of for a pattern made to take some', () => {
    const pattern = `${'*a'.repeat(2000)}b`
    expect(look(line(pattern, a), { name: 'a'.repeat(255) }).keys).toEqual([])
  })
})
