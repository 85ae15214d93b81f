import { promisify } from 'node:util'
import * as zlib from 'node:zlib'

/** A way to shorten what goes over the wire. */
export interface Codec {
  /** What the two ends negotiate by. */
  readonly name: 'zstd' | 'brotli'
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** Fails where the result would be longer than `maxBytes`, or the bytes are none of this codec. */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array>
}

/** Up to here the calling thread is quicker than handing the bytes to another one. */
const inlineMaxBytes = 32 * 1024

interface Engine {
  compress(bytes: Uint8Array): Promise<Uint8Array>
  compressSync(bytes: Uint8Array): Uint8Array
  decompress(bytes: Uint8Array, options: { maxOutputLength: number }): Promise<Uint8Array>
  decompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array
}

// Quality 1: on sessions it beats the quickest deflate in ratio and in speed. More costs more than a LAN saves.
const brotliOptions: zlib.BrotliOptions = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }

const brotliCompress = promisify<Uint8Array, zlib.BrotliOptions, Uint8Array>(zlib.brotliCompress)

const brotli: Engine = {
  compress: (bytes) => brotliCompress(bytes, brotliOptions),
  compressSync: (bytes) => zlib.brotliCompressSync(bytes, brotliOptions),
  decompress: promisify<Uint8Array, zlib.BrotliOptions, Uint8Array>(zlib.brotliDecompress),
  decompressSync: (bytes, options) => zlib.brotliDecompressSync(bytes, options),
}

type Callback = (error: Error | null, result: Uint8Array) => void

/** What `node:zlib` of Node 22.15 and later has, and the types of Node 20 don't name. */
interface ZstdFunctions {
  zstdCompress(bytes: Uint8Array, done: Callback): void
  zstdCompressSync(bytes: Uint8Array): Uint8Array
  zstdDecompress(bytes: Uint8Array, options: { maxOutputLength: number }, done: Callback): void
  zstdDecompressSync(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array
}

/** The codecs of this Node, best first: zstd where it has it, brotli always. */
export function nodeCodecs(
  functions: Partial<ZstdFunctions> = zlib as Partial<ZstdFunctions>,
): readonly Codec[] {
  const made = [codecOf('brotli', brotli)]
  if (hasZstd(functions)) {
    const zstd: Engine = {
      compress: promisify((bytes: Uint8Array, done: Callback) => functions.zstdCompress(bytes, done)),
      compressSync: (bytes) => functions.zstdCompressSync(bytes),
      decompress: promisify((bytes: Uint8Array, options: { maxOutputLength: number }, done: Callback) =>
        functions.zstdDecompress(bytes, options, done),
      ),
      decompressSync: (bytes, options) => functions.zstdDecompressSync(bytes, options),
    }
    made.unshift(codecOf('zstd', zstd))
  }
  return made
}

function hasZstd(functions: Partial<ZstdFunctions>): functions is ZstdFunctions {
  return typeof functions.zstdCompress === 'function' && typeof functions.zstdDecompress === 'function'
}

function codecOf(name: Codec['name'], engine: Engine): Codec {
  return {
    name,
    compress: (bytes) =>
      bytes.length <= inlineMaxBytes ? engine.compressSync(bytes) : engine.compress(bytes),
    decompress: (bytes, maxBytes) => {
      const options = { maxOutputLength: Math.max(1, maxBytes) }
      return maxBytes <= inlineMaxBytes
        ? engine.decompressSync(bytes, options)
        : engine.decompress(bytes, options)
    },
  }
}
