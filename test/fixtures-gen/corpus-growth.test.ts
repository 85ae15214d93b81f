import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { growth, withCarriageReturns } from './corpus-growth.js'
import { SeededRandom } from './random.js'

const session = Array.from(
  { length: 400 },
  (_, at) => `{"n":${at},"text":"é ${'x'.repeat(at % 90)}"}\n`,
).join('')

describe('growth', () => {
  it('gives chunks that together are the session', () => {
    const line = fc.constantFrom('a', 'é', '\n', '\r\n', '{"x":1}', 'long '.repeat(50))
    fc.assert(
      fc.property(fc.array(line), fc.integer(), (lines, seed) => {
        const bytes = Buffer.from(lines.join(''))
        const chunks = [...growth(bytes, new SeededRandom(seed))]
        expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true)
      }),
    )
  })

  it('cuts lines, brings several at once, and parts a newline from its line', () => {
    const bytes = withCarriageReturns(Buffer.from(session))
    const buffers = [...growth(bytes, new SeededRandom(1))]
    expect(Buffer.concat(buffers).equals(bytes)).toBe(true)
    const chunks = buffers.map(String)
    expect(
      chunks.some((chunk) => !chunk.endsWith('\n') && !chunk.endsWith('\r') && !chunk.endsWith('}')),
    ).toBe(true)
    expect(chunks.some((chunk) => chunk.split('\n').length > 3)).toBe(true)
    expect(chunks.some((chunk) => chunk.startsWith('\n'))).toBe(true)
    expect(chunks.some((chunk) => chunk.startsWith('\r\n'))).toBe(true)
  })

  it('is the same for the same seed', () => {
    const run = (): string[] => [...growth(Buffer.from(session), new SeededRandom(5))].map(String)
    expect(run()).toEqual(run())
  })
})

describe('withCarriageReturns', () => {
  it('ends every line by CR LF, once', () => {
    expect(withCarriageReturns(Buffer.from('é\nb\r\n\nc')).toString()).toBe('é\r\nb\r\n\r\nc')
  })
})
