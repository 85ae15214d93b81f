import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { HoldfastError } from '../engine/core/errors.js'
import { FrameDecoder } from '../transport/frames.js'
import { FrameWriter } from '../transport/frame-writer.js'
import { ChunkQueue } from '../transport/links/chunk-queue.js'
import type { Answer, Hello } from './messages.js'
import { controlProtocol, errorRecord, readRequest } from './messages.js'
import type { Operations } from './operation.js'

/** The most commands that are served at once; one more is refused with a retryable error. */
export const connectionsMax = 64

/** Binary output is sent in pieces of at most this size, so that a large chunk does not wait in memory twice. */
const pieceMaxBytes = 256 * 1024

/** Input that may wait for its operation before the caller is held back. */
const inputMaxBytes = 1024 * 1024

/** How long a connection may stay without saying what it wants, in ms. */
const callWithinMs = 10_000

/** How long an answered connection may take to close from its side before it is cut, in ms. */
const closeWithinMs = 5_000

export interface ControlServerOptions<T> {
  /** Checked by the caller (`checkedSocketPath`). What stands there is removed: the caller holds the store. */
  readonly socketPath: string
  readonly operations: Operations<T>
  readonly runtime: T
  readonly version: string
  readonly sinceMs: number
  /** Called for faults of an operation that are not the user's. */
  readonly onFault?: (operation: string, error: unknown) => void
  readonly connectionsMax?: number
}

export interface ControlServer {
  /** Takes no more calls, aborts those that run, and resolves when every connection is closed. */
  close(): Promise<void>
}

/** Listens on a private socket and runs one operation per connection. Rejects where it cannot listen. */
export async function createControlServer<T>(options: ControlServerOptions<T>): Promise<ControlServer> {
  const open = new Set<Connection<T>>()
  const bound = options.connectionsMax ?? connectionsMax
  const server = createServer((socket) => {
    const connection = new Connection(socket, options)
    if (open.size >= bound) {
      connection.refuse(
        new HoldfastError('DAEMON_UNREACHABLE', `the daemon already serves ${bound} commands`),
      )
      return
    }
    open.add(connection)
    socket.once('close', () => open.delete(connection))
    connection.start()
  })
  // Refused connections are told so, but they must not pile up either.
  server.maxConnections = bound * 2
  if (process.platform !== 'win32') rmSync(options.socketPath, { force: true })
  await listenPrivately(server, options.socketPath)
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const connection of open) connection.stop()
      }),
  }
}

function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // The socket is created, within this very call, with rights for its user alone: a chmod after the fact would
    // leave a moment in which others connect. The mask is the whole process's, so it must not outlive the call.
    const mask = process.umask(0o177)
    try {
      server.listen(path, resolve)
    } finally {
      process.umask(mask)
    }
  })
}

/** One connection: one call, cancelled when its caller says so or goes away. */
class Connection<T> {
  readonly #socket: Socket
  readonly #options: ControlServerOptions<T>
  readonly #decoder = new FrameDecoder()
  readonly #writer: FrameWriter
  readonly #abort = new AbortController()
  readonly #input = new ChunkQueue(() => {
    if (this.#input.bytes < inputMaxBytes) this.#socket.resume()
  })
  #called = false
  #answered = false

  constructor(socket: Socket, options: ControlServerOptions<T>) {
    this.#socket = socket
    this.#options = options
    this.#writer = new FrameWriter(socket)
    // A caller that vanishes is no fault of the daemon; 'close' follows and cancels what runs.
    socket.on('error', () => socket.destroy())
  }

  start(): void {
    const { version, sinceMs } = this.#options
    const hello: Hello = { hello: { protocol: controlProtocol, version, pid: process.pid, sinceMs } }
    this.#send(hello)
    const timer = setTimeout(() => {
      if (!this.#called) this.#fail(new HoldfastError('PROTOCOL', 'no call came'))
    }, callWithinMs)
    this.#socket.on('data', (chunk) => this.#onData(chunk))
    this.#socket.once('close', () => {
      clearTimeout(timer)
      const gone = new HoldfastError('INTERRUPTED', 'the command is gone')
      this.#input.fail(gone)
      this.#abort.abort(gone)
    })
  }

  refuse(error: HoldfastError): void {
    this.#fail(error)
    this.#socket.resume()
  }

  stop(): void {
    if (!this.#called) this.#socket.end()
    this.#abort.abort(new HoldfastError('INTERRUPTED', 'the daemon stops'))
    this.#cutLater()
  }

  #onData(chunk: Uint8Array): void {
    if (this.#answered) return
    try {
      for (const frame of this.#decoder.push(chunk)) {
        if (frame.type !== 'json') {
          if (!this.#called) throw new HoldfastError('PROTOCOL', 'a request is a JSON frame')
          this.#input.push(frame.bytes)
          if (this.#input.bytes >= inputMaxBytes) this.#socket.pause()
          continue
        }
        const request = readRequest(frame.value)
        if ('cancel' in request) this.#abort.abort(new HoldfastError('INTERRUPTED', 'cancelled'))
        else if ('inputEnd' in request) this.#input.end()
        else this.#call(request.call.name, request.call.args)
      }
    } catch (error) {
      this.#abort.abort(error)
      this.#fail(error)
    }
  }

  #call(name: string, args: unknown): void {
    if (this.#called) throw new HoldfastError('PROTOCOL', 'one connection carries one call')
    this.#called = true
    void this.#run(name, args).then(
      (result) => this.#finish({ result: result ?? null }),
      (error: unknown) => {
        if (!(error instanceof HoldfastError) || error.code === 'INTERNAL')
          this.#options.onFault?.(name, error)
        this.#fail(error)
      },
    )
  }

  async #run(name: string, args: unknown): Promise<unknown> {
    const { operations, runtime } = this.#options
    const operation = Object.hasOwn(operations, name) ? operations[name] : undefined
    if (operation === undefined)
      throw new HoldfastError(
        'PROTOCOL',
        `the running daemon (version ${this.#options.version}) knows no ${name}`,
        {
          next: 'Run `holdfast daemon restart` so that the daemon is of the same version as the command.',
        },
      )
    const { signal } = this.#abort
    return operation(runtime, args as never, {
      signal,
      input: this.#input,
      progress: (progress) => {
        // Progress is the one thing that may be dropped: a slow reader must not make the daemon hold it.
        if (!this.#socket.writableNeedDrain) this.#send({ progress })
      },
      bytes: async (chunk) => {
        signal.throwIfAborted()
        for (let at = 0; at < chunk.length; at += pieceMaxBytes)
          await this.#writer.write({ type: 'bytes', bytes: chunk.subarray(at, at + pieceMaxBytes) })
      },
    })
  }

  #send(message: Hello | Answer): void {
    // A failed write means that the caller is gone; 'close' cancels the operation.
    this.#writer.write({ type: 'json', value: message }).catch(() => this.#socket.destroy())
  }

  #fail(error: unknown): void {
    this.#finish({ error: errorRecord(error) })
  }

  #finish(answer: Answer): void {
    if (this.#answered) return
    this.#answered = true
    this.#called = true
    try {
      this.#writer.finish({ type: 'json', value: answer })
    } catch (error) {
      this.#writer.finish({ type: 'json', value: { error: errorRecord(error) } })
    }
    this.#cutLater()
  }

  #cutLater(): void {
    const timer = setTimeout(() => this.#socket.destroy(), closeWithinMs)
    this.#socket.once('close', () => clearTimeout(timer))
    timer.unref()
  }
}
