import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { signedPointBytes } from '../../../src/engine/core/signed-point.js'
import type { LogId } from '../../../src/engine/core/event.js'
import type { LogIdentity, PeerIdentity, SignedPoint } from '../../../src/engine/ports/replica.js'
import type { SeededRandom } from '../../fixtures-gen/random.js'

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** A host's key, made from a seed so that a run can be repeated. */
export class FakeKey implements PeerIdentity {
  readonly #private: KeyObject
  readonly publicKey: Uint8Array

  constructor(random: SeededRandom) {
    // PKCS #8 of an Ed25519 key is these bytes and the 32 of the seed.
    const prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
    this.#private = createPrivateKey({
      key: Buffer.concat([prefix, random.bytes(32)]),
      format: 'der',
      type: 'pkcs8',
    })
    this.publicKey = new Uint8Array(createPublicKey(this.#private).export({ type: 'spki', format: 'der' }))
  }

  sign(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, bytes, this.#private))
  }

  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    return verifyWith(publicKey, bytes, signature)
  }
}

const publicKeys = new Map<string, KeyObject>()

export function verifyWith(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  const name = Buffer.from(publicKey).toString('hex')
  const key =
    publicKeys.get(name) ?? createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  publicKeys.set(name, key)
  return verify(null, bytes, key, signature)
}

export interface FakeEvent {
  readonly encoded: Uint8Array
  readonly digest: Uint8Array
  /** After this event. */
  readonly chain: Uint8Array
}

/** A log as its writer has it: every event, and any point signed on demand. */
export class FakeLog {
  readonly identity: LogIdentity
  readonly events: FakeEvent[] = []
  readonly #key: FakeKey
  readonly #points = new Map<number, SignedPoint>()

  private constructor(key: FakeKey, identity: LogIdentity) {
    this.#key = key
    this.identity = identity
  }

  static open(key: FakeKey, random: SeededRandom): FakeLog {
    const logNonce = random.bytes(16)
    const log = Buffer.from(sha256(key.publicKey, logNonce)).toString('hex', 0, 16)
    return new FakeLog(key, { log, publicKey: key.publicKey, logNonce })
  }

  get log(): LogId {
    return this.identity.log
  }

  append(...payloads: readonly Uint8Array[]): void {
    for (const encoded of payloads) {
      const digest = sha256(encoded)
      this.events.push({ encoded, digest, chain: sha256(this.chainAt(this.events.length), digest) })
    }
  }

  /** A log of the same name with the same first `events`: what a second writer begins with. */
  copyOf(events: number): FakeLog {
    const copy = new FakeLog(this.#key, this.identity)
    copy.events.push(...this.events.slice(0, events))
    return copy
  }

  chainAt(events: number): Uint8Array {
    return this.events[events - 1]?.chain ?? new Uint8Array(32)
  }

  point(events: number): SignedPoint {
    const known = this.#points.get(events)
    if (known) return known
    const chain = this.chainAt(events)
    const { log } = this.identity
    const point = { log, events, chain, signature: this.#key.sign(signedPointBytes(log, events, chain)) }
    this.#points.set(events, point)
    return point
  }
}
