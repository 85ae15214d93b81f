import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import ssh2 from 'ssh2'
import { clientKey } from './key-pair.js'
import { parseAuthorizedKeys } from '../../../src/transport/ssh-server/authorized-keys.js'
import { splitOptions } from '../../../src/transport/ssh-server/authorized-options.js'

const ed = clientKey().public
const ec = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).public
const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).public
const [, edBase64 = ''] = ed.split(' ')

describe('a list of authorized keys', () => {
  it('is read as sshd reads it: comments, blank lines, CRLF, several types, comments with spaces', () => {
    const { keys, refused } = parseAuthorizedKeys(
      `# mine\r\n\r\n  ${ed} ada at the laptop\r\n${ec}\n${rsa} x\n${ed} again\n`,
    )
    expect(refused).toEqual([])
    expect(keys.map(({ type, comment }) => [type, comment])).toEqual([
      ['ssh-ed25519', 'ada at the laptop'],
      ['ecdsa-sha2-nistp256', ''],
      ['ssh-rsa', 'x'],
    ])
    expect(keys[0]!.blob.toString('base64')).toBe(edBase64)
  })

  it.each([
    'restrict',
    'no-pty,no-port-forwarding,no-X11-forwarding,no-agent-forwarding,no-user-rc',
    'RESTRICT,pty',
    'permitopen="h:1",permitlisten="2"',
    'command="holdfast serve --stdio"',
    'restrict,command="/usr/local/bin/holdfast serve --stdio"',
  ])('takes a key with %s, which takes nothing from what is served', (options) => {
    expect(parseAuthorizedKeys(`${options} ${ed}`)).toMatchObject({
      keys: [{ type: 'ssh-ed25519' }],
      refused: [],
    })
  })

  it.each([
    ['from="10.0.0.1"', 'this server does not know the option from'],
    ['expiry-time="20200101"', 'this server does not know the option expiry-time'],
    ['cert-authority', 'this server does not know the option cert-authority'],
    ['restrict,verify-required', 'this server does not know the option verify-required'],
    ['command="rsync --server"', 'the only command it may force is “holdfast serve --stdio”'],
    ['command="holdfast serve --stdio; sh"', 'the only command it may force is “holdfast serve --stdio”'],
    ['command="a \\"b\\" , c d"', 'the only command it may force is “holdfast serve --stdio”'],
    ['command', 'the only command it may force is “holdfast serve --stdio”'],
    ['environment="A=b"', 'this server does not know the option environment'],
    ['restrict,', 'its options are not well-formed'],
    [',restrict', 'its options are not well-formed'],
    ['from=10.0.0.1', 'its options are not well-formed'],
  ])('lets nobody in by a key with %s', (options, reason) => {
    expect(parseAuthorizedKeys(`${ec}\n${options} ${ed}`)).toMatchObject({
      keys: [{ type: 'ecdsa-sha2-nistp256' }],
      refused: [{ line: 2, reason }],
    })
  })

  it.each([
    ['ssh-ed25519', 'the key is not well-formed'],
    [`ssh-ed25519 ${edBase64.slice(0, -4)}`, 'the key is not well-formed'],
    [`ssh-ed25519 ${edBase64}!`, 'the key is not well-formed'],
    [`ssh-rsa ${edBase64}`, 'the key is not well-formed'],
    [`ssh-dss ${edBase64}`, 'keys of type ssh-dss are not supported here'],
    [
      `sk-ssh-ed25519@openssh.com ${edBase64}`,
      'keys of type sk-ssh-ed25519@openssh.com are not supported here',
    ],
    ['restrict', 'it holds no key'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----', 'its options are not well-formed'],
  ])('says of %s why it is no key', (line, reason) => {
    expect(parseAuthorizedKeys(line)).toEqual({ keys: [], refused: [{ line: 1, reason }] })
  })

  it('takes no access from what is no line of it, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(parseAuthorizedKeys(text).keys).toEqual([])
        splitOptions(text)
      }),
    )
  })

  it('splits values that hold quotes and commas', () => {
    expect(splitOptions('a,b="x,\\"y\\"",c=""')).toEqual([
      ['a', null],
      ['b', 'x,"y"'],
      ['c', ''],
    ])
  })
})
