import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { spread } from './harness.js'

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

/** What several rounds put on the wire, the first of which, made to warm up, does not count. */
export class WireSamples {
  readonly #rounds: WireBytes[] = []

  add(round: WireBytes): void {
    this.#rounds.push(round)
  }

  /** The median round, and the greatest sum of both ways. */
  get figures(): { readonly outBytes: number; readonly backBytes: number; readonly maxBytes: number } {
    const counted = this.#rounds.slice(1)
    return {
      outBytes: spread(counted.map(({ out }) => out)).median,
      backBytes: spread(counted.map(({ back }) => back)).median,
      maxBytes: Math.max(...counted.map(({ out, back }) => out + back)),
    }
  }
}
