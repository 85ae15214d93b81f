import { expect, it } from 'vitest'
import { createServerKey, readServerKey } from '../../../src/transport/ssh-server/server-key.js'

it('a key that was made can be read, every time', () => {
  // One in 256 of the library's own can't.
  for (let i = 0; i < 2000; i += 1) {
    const key = readServerKey(createServerKey('host'))
    if (key?.blob.length !== 51) expect(key).toMatchObject({ type: 'ssh-ed25519' })
  }
})

it('what is no private key is none', () => {
  expect(readServerKey('')).toBeUndefined()
  expect(readServerKey(createServerKey('x').replace(/^[^-].*$/m, ''))).toBeUndefined()
})
