import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameWriter } from '../../src/transport/frame-writer.js'
import { encodeFrame, FrameDecoder, frameHeaderBytes, frameMaxBytes } from '../../src/transport/frames.js'
import type { Frame } from '../../src/transport/frames.js'

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc
    .jsonValue()
    .map((value) => ({ type: 'json' as const, value: JSON.parse(JSON.stringify(value)) as unknown })),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ type: 'bytes' as const, bytes })),
)

function wire(frames: readonly Frame[]): Buffer {
  return Buffer.concat(frames.flatMap((each) => encodeFrame(each)))
}

function comparable(frames: readonly Frame[]): unknown[] {
  return frames.map((each) => (each.type === 'bytes' ? { bytes: [...each.bytes] } : each))
}

const protocol = expect.objectContaining({ code: 'PROTOCOL' })

describe('FrameDecoder', () => {
  it('gives back what was encoded, however the bytes are split', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat(9)), (frames, sizes) => {
        const bytes = wire(frames)
        const decoder = new FrameDecoder()
        const decoded: Frame[] = []
        let at = 0
        for (const size of sizes) {
          decoded.push(...decoder.push(bytes.subarray(at, at + size)))
          at += size
        }
        decoded.push(...decoder.push(bytes.subarray(at)))
        decoder.end()
        expect(comparable(decoded)).toEqual(comparable(frames))
      }),
    )
  })

  it('never throws anything but PROTOCOL, and keeps refusing, whatever it is fed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (chunks) => {
        const decoder = new FrameDecoder()
        let failed = false
        for (const chunk of chunks) {
          try {
            decoder.push(chunk)
            expect(failed).toBe(false)
          } catch (error) {
            failed = true
            expect(error).toEqual(protocol)
          }
        }
      }),
    )
  })

  it('refuses an oversized frame at its header, before any of its payload', () => {
    const header = Buffer.alloc(frameHeaderBytes)
    header.writeUInt32BE(frameMaxBytes + 1)
    header[4] = 1
    expect(() => new FrameDecoder().push(header)).toThrow(protocol)
    header.writeUInt32BE(frameMaxBytes)
    expect(new FrameDecoder().push(header)).toEqual([])
  })

  it('names a stream that ends inside a frame', () => {
    const decoder = new FrameDecoder()
    decoder.push(wire([{ type: 'json', value: { a: 1 } }]).subarray(0, -1))
    expect(() => decoder.end()).toThrow(protocol)
  })

  it.each([
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an unknown type', Buffer.from([0, 0, 0, 0, 9])],
    ['broken JSON', Buffer.from([0, 0, 0, 1, 1, 0x7b])],
    ['invalid UTF-8', Buffer.from([0, 0, 0, 3, 1, 0x22, 0xff, 0x22])],
  ])('refuses %s', (_, bytes) => {
    expect(() => new FrameDecoder().push(bytes)).toThrow(protocol)
  })
})

describe('encodeFrame', () => {
  it('takes exactly the bound and not one byte more', () => {
    expect(encodeFrame({ type: 'bytes', bytes: new Uint8Array(frameMaxBytes) })[1]).toHaveLength(
      frameMaxBytes,
    )
    expect(() => encodeFrame({ type: 'bytes', bytes: new Uint8Array(frameMaxBytes + 1) })).toThrow(protocol)
  })
})

describe('FrameWriter', () => {
  it('waits until the stream takes more', async () => {
    const release: (() => void)[] = []
    const stream = new Writable({
      highWaterMark: 100,
      write: (_chunk, _encoding, taken) => void release.push(taken),
    })
    const writer = new FrameWriter(stream)
    const written: number[] = []
    for (let i = 0; i < 2; i++)
      void writer.write({ type: 'bytes', bytes: new Uint8Array(80) }).then(() => written.push(i))
    await new Promise((resolve) => setImmediate(resolve))
    expect(written).toEqual([0])
    while (written.length < 2) {
      release.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(stream.writableLength).toBeLessThan(100)
  })

  it('says so where the other end goes away meanwhile', async () => {
    const stream = new PassThrough({ highWaterMark: 10 })
    const writer = new FrameWriter(stream)
    const waiting = writer.write({ type: 'bytes', bytes: new Uint8Array(80) })
    stream.destroy()
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await expect(writer.write({ type: 'json', value: 1 })).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})
