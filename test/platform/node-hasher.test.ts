import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHasher } from '../../src/platform/node-hasher.js'

const hasher = await createHasher()
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('createHasher', () => {
  it('gives the published values of SHA-256', () => {
    expect(hex(hasher.sha256())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(hex(hasher.sha256(Buffer.from('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  it('gives the published values of xxh64 with seed 0', () => {
    expect(hasher.xxh64(new Uint8Array())).toBe(0xef46db3751d8e999n)
    expect(hasher.xxh64(Buffer.from('abc'))).toBe(0x44bc2cf5ad770999n)
  })

  it('hashes parts as if they were one', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 }), (parts) => {
        const whole = createHash('sha256').update(Buffer.concat(parts)).digest('hex')
        expect(hex(hasher.sha256(...parts))).toBe(whole)
        expect(hex(hasher.sha256(Buffer.concat(parts)))).toBe(whole)
      }),
    )
  })

  it('hashes a view by its own bytes alone', () => {
    const view = new Uint8Array(Buffer.from('xxabcxx')).subarray(2, 5)
    expect(hex(hasher.sha256(view))).toBe(hex(hasher.sha256(Buffer.from('abc'))))
    expect(hasher.xxh64(view)).toBe(hasher.xxh64(Buffer.from('abc')))
  })

  it('refuses more than 64 MB for xxh64', () => {
    // Never filled, so that the system gives no memory for it.
    const tooMuch = new Uint8Array(64 * 1024 * 1024 + 1)
    expect(() => hasher.xxh64(tooMuch)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})
