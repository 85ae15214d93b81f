import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

import type { Random } from '../../../src/engine/ports/clock.js'
import type { PeerIdentity } from '../../../src/engine/ports/replica.js'
import type { HostKeys } from '../host-keys.js'

/** What stands before the 32 secret bytes of an Ed25519 key in PKCS #8. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Real Ed25519 keys, made of seeded bytes. Outlives every machine: a copy of a machine has its keys. */
export class SeededKeys implements HostKeys {
  readonly #random: Random
  readonly #secrets = new Map<string, KeyObject>()
  readonly #publics = new Map<string, KeyObject>()
  readonly #verdicts = new Map<string, boolean>()

  constructor(random: Random) {
    this.#random = random
  }

  create(): Uint8Array {
    const der = Buffer.concat([pkcs8, this.#random.bytes(32)])
    const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(secret).export({ type: 'spki', format: 'der' })
    this.#secrets.set(publicKey.toString('hex'), secret)
    return publicKey
  }

  identity(publicKey: Uint8Array): PeerIdentity {
    const secret = this.#secrets.get(Buffer.from(publicKey).toString('hex'))
    if (!secret) throw new RangeError('nobody has this key')
    return {
      publicKey,
      sign: (bytes) => sign(null, bytes, secret),
      verify: (key, bytes, signature) => this.#verify(key, bytes, signature),
    }
  }

  /** Every host checks the same signatures: each is checked once. */
  #verify(key: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
    const question = Buffer.concat([key, signature, bytes]).toString('latin1')
    const known = this.#verdicts.get(question)
    if (known !== undefined) return known
    const verdict = verify(null, bytes, this.#public(key), signature)
    this.#verdicts.set(question, verdict)
    return verdict
  }

  #public(key: Uint8Array): KeyObject {
    const name = Buffer.from(key).toString('hex')
    let known = this.#publics.get(name)
    if (!known) {
      known = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
      this.#publics.set(name, known)
    }
    return known
  }
}
