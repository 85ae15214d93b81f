import { expect, it } from 'vitest'
import { Nonces } from '../../src/store/nonces.js'
import { SeededRandom } from '../fixtures-gen/random.js'

it('gives 16 bytes that were not given before, over many draws', () => {
  const nonces = new Nonces(new SeededRandom('nonces'))
  const given = Array.from({ length: 1000 }, () => Buffer.from(nonces.next()).toString('hex'))
  expect(given.every((nonce) => nonce.length === 32)).toBe(true)
  expect(new Set(given).size).toBe(1000)
})
