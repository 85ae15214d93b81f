import { createConnection } from 'node:net'
import type { Socket } from 'node:net'
import { HoldfastError } from '../engine/core/errors.js'
import { FrameDecoder } from '../transport/frames.js'
import type { Frame } from '../transport/frames.js'
import { FrameWriter } from '../transport/frame-writer.js'
import { controlProtocol, readAnswer, readHello, rebuildError } from './messages.js'
import type { Hello } from './messages.js'
import type { OperationIo } from './operation.js'

/** How long a daemon may take to say hello, in ms. A daemon that is stopped or hangs takes longer. */
const helloWithinMs = 5_000

/** How long a cancelled operation may take to end in order, in ms. Then the daemon is left to end it by itself. */
const cancelWithinMs = 2_000

/** Input is sent in pieces of at most this size. */
const pieceMaxBytes = 256 * 1024

/** A connection to the daemon that said hello and waits for its one call. */
export interface ControlConnection {
  readonly hello: Hello['hello']
  /** Runs one operation. Rejects with its error, DAEMON_UNREACHABLE where the daemon went away, or INTERRUPTED. */
  call(name: string, args: unknown, io: OperationIo): Promise<unknown>
  close(): void
}

/**
 * Connects to the daemon of this socket; undefined where none listens (no socket, or one that a daemon left behind).
 * Throws DAEMON_UNREACHABLE where something listens that does not answer, PROTOCOL where it is no daemon.
 */
export async function connectControl(path: string): Promise<ControlConnection | undefined> {
  const socket = await connect(path)
  if (socket === undefined) return undefined
  const frames = readFrames(socket)
  const timer = setTimeout(() => socket.destroy(unreachable('the daemon does not answer')), helloWithinMs)
  try {
    const hello = await firstHello(frames)
    return {
      hello,
      call: (name, args, io) => runCall(socket, frames, hello, { name, args }, io),
      close: () => socket.destroy(),
    }
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function connect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    socket.once('connect', () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR')
        resolve(undefined)
      else reject(unreachable(`cannot reach the daemon (${error.code})`, error))
    })
  })
}

async function firstHello(frames: AsyncGenerator<Frame>): Promise<Hello['hello']> {
  const first = await frames.next()
  if (first.done) throw unreachable('the daemon closed the connection')
  const frame = first.value
  if (frame.type !== 'json') throw new HoldfastError('PROTOCOL', 'the daemon did not say hello')
  if (typeof frame.value === 'object' && frame.value !== null && 'error' in frame.value) {
    const answer = readAnswer(frame.value)
    if ('error' in answer) throw rebuildError(answer.error)
  }
  return readHello(frame.value)
}

async function runCall(
  socket: Socket,
  frames: AsyncGenerator<Frame>,
  hello: Hello['hello'],
  call: { readonly name: string; readonly args: unknown },
  io: OperationIo,
): Promise<unknown> {
  if (hello.protocol !== controlProtocol)
    throw new HoldfastError(
      'PROTOCOL',
      `the running daemon is of version ${hello.version}, unlike this command`,
      {
        next: 'Run `holdfast daemon restart`.',
      },
    )
  const writer = new FrameWriter(socket)
  let cut: NodeJS.Timeout | undefined
  const cancel = (): void => {
    writer.write({ type: 'json', value: { cancel: true } }).catch(() => socket.destroy())
    cut = setTimeout(() => socket.destroy(new HoldfastError('INTERRUPTED', 'cancelled')), cancelWithinMs)
  }
  try {
    io.signal.throwIfAborted()
    io.signal.addEventListener('abort', cancel, { once: true })
    await writer.write({ type: 'json', value: { call: { name: call.name, args: call.args ?? null } } })
    // A daemon that is gone, or has its answer ready, takes no more: the answer below says which.
    if (io.input) sendInput(writer, io.input).catch(() => undefined)
    for await (const frame of frames) {
      if (frame.type === 'bytes') {
        await io.bytes(frame.bytes)
        continue
      }
      const answer = readAnswer(frame.value)
      if ('result' in answer) return answer.result
      if ('error' in answer) throw rebuildError(answer.error)
      io.progress(answer.progress)
    }
    throw unreachable('the daemon went away before it answered')
  } finally {
    clearTimeout(cut)
    io.signal.removeEventListener('abort', cancel)
    socket.destroy()
  }
}

/** Passes the caller's input on as fast as the daemon takes it. */
async function sendInput(writer: FrameWriter, input: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of input) {
    for (let at = 0; at < chunk.length; at += pieceMaxBytes)
      await writer.write({ type: 'bytes', bytes: chunk.subarray(at, at + pieceMaxBytes) })
  }
  await writer.write({ type: 'json', value: { inputEnd: true } })
}

/** Frames as they are asked for: while nobody asks, the socket's own buffer fills and the daemon waits. */
async function* readFrames(socket: Socket): AsyncGenerator<Frame> {
  const decoder = new FrameDecoder()
  try {
    for await (const chunk of socket) yield* decoder.push(chunk as Uint8Array)
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    throw unreachable('the connection to the daemon broke', error)
  }
  decoder.end()
}

function unreachable(message: string, cause?: unknown): HoldfastError {
  return new HoldfastError('DAEMON_UNREACHABLE', message, cause === undefined ? {} : { cause })
}
