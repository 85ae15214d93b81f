import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** Bytes that TCP connections carried, both ways: what the network has to bear, without the headers of its packets. */
export interface WireBytes {
  readonly out: number
  readonly back: number
}

/** A port of the loopback that leads to another one and counts what goes through. */
export interface WireCount {
  readonly port: number
  /** Of all connections so far. `out`: from those who connected to here. */
  readonly bytes: WireBytes
  close(): Promise<void>
}

export async function startWireCount(to: number): Promise<WireCount> {
  const counted = { out: 0, back: 0 }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ host: '127.0.0.1', port: to, noDelay: true, allowHalfOpen: true })
    forward(near, far, (bytes) => (counted.out += bytes))
    forward(far, near, (bytes) => (counted.back += bytes))
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    get bytes() {
      return { ...counted }
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

function forward(from: Socket, to: Socket, count: (bytes: number) => void): void {
  from.on('data', (chunk) => count(chunk.length))
  from.pipe(to)
  // Either side may go without a word, as ssh does when its command has ended.
  from.on('error', () => to.destroy())
}

export function wireSince(before: WireBytes, now: WireBytes): WireBytes {
  return { out: now.out - before.out, back: now.back - before.back }
}
