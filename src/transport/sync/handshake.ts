import { HoldfastError } from '../../engine/core/errors.js'
import type { Random } from '../../engine/ports/clock.js'
import type { Hasher } from '../../engine/ports/hash.js'
import type { PeerIdentity } from '../../engine/ports/replica.js'
import type { Channel } from './channel.js'
import { closedByPeer } from './close-errors.js'
import { sameBytes } from './log-bytes.js'
import { decodeMessage, encodeMessage } from './message-codec.js'
import { protocolVersions } from './messages.js'
import type { Hello, Message, Proof, ProofDigests, Role } from './messages.js'
import { printable } from './printable.js'

const purpose = new TextEncoder().encode('holdfast sync proof 1\0')

export interface HandshakeOptions {
  readonly channel: Channel
  readonly identity: PeerIdentity
  readonly random: Random
  readonly hasher: Hasher
  /** What this end says of itself. */
  readonly say: Omit<Hello, 'type' | 'versionMin' | 'versionMax' | 'publicKey' | 'challenge'>
  /** What is known of the peer that says to have this key. Nothing of it is told before the peer proved the key. */
  digests(publicKey: Uint8Array): Promise<ProofDigests>
}

export interface Handshake {
  readonly hello: Hello
  readonly digests: ProofDigests
  /** The version that both speak. */
  readonly version: number
}

/**
 * Each end says who it is and sends a challenge; each signs both hellos, its own role and its digests. A signature so
 * fits this session, this direction and these two ends alone: it can be neither replayed nor reflected, and nobody in
 * between can change what the two agree on. Throws PROTOCOL, or PEER_REFUSED for a wrong proof.
 */
export async function shakeHands(options: HandshakeOptions): Promise<Handshake> {
  const { channel, identity, random, hasher, say } = options
  const mine: Hello = {
    type: 'hello',
    versionMin: protocolVersions.min,
    versionMax: protocolVersions.max,
    publicKey: identity.publicKey,
    challenge: random.bytes(32),
    ...say,
  }
  const myHello = encodeMessage(mine)
  channel.postPayload(myHello)
  const theirHello = await channel.nextPayload()
  const hello = expectType(decodeMessage(theirHello), 'hello')
  const version = commonVersion(hello)
  checkRoles(mine, hello)
  const signedBytes = (role: Role, told: ProofDigests): Uint8Array => {
    const [first, second] = mine.role === 'initiator' ? [myHello, theirHello] : [theirHello, myHello]
    const roleByte = Uint8Array.of(role === 'initiator' ? 1 : 2)
    const hellos = [hasher.sha256(first), hasher.sha256(second)]
    // Each digest has 32 bytes or none: hashed alone, none can be taken for its neighbour.
    const sums = [told.have, told.told, told.heard].map((digest) => hasher.sha256(digest))
    return Buffer.concat([purpose, roleByte, ...hellos, ...sums])
  }
  const myDigests = await options.digests(hello.publicKey)
  channel.post({ type: 'proof', signature: identity.sign(signedBytes(mine.role, myDigests)), ...myDigests })
  const proof = expectType(await channel.next(), 'proof')
  if (!isProof(identity, hello, signedBytes(hello.role, proof), proof))
    throw new HoldfastError(
      'PEER_REFUSED',
      `“${printable(hello.hostName)}” did not prove that it has the key it shows`,
    )
  return { hello, digests: proof, version }
}

function isProof(identity: PeerIdentity, hello: Hello, bytes: Uint8Array, proof: Proof): boolean {
  try {
    return identity.verify(hello.publicKey, bytes, proof.signature)
  } catch {
    // Bytes that are no key at all.
    return false
  }
}

function commonVersion({ versionMin, versionMax }: Hello): number {
  const version = Math.min(versionMax, protocolVersions.max)
  if (version < versionMin || version < protocolVersions.min) {
    const { min, max } = protocolVersions
    throw new HoldfastError(
      'PROTOCOL',
      `the peer speaks versions ${versionMin} to ${versionMax} of the protocol, this host ${min} to ${max}`,
      { next: 'Install the same version of Holdfast on both hosts.' },
    )
  }
  return version
}

function checkRoles(mine: Hello, theirs: Hello): void {
  if (sameBytes(mine.publicKey, theirs.publicKey))
    throw new HoldfastError('PEER_REFUSED', 'the far end shows this host’s own key', {
      next: 'The peer is this host itself, or a clone of it that has not been started anew.',
    })
  if (mine.role === theirs.role)
    throw new HoldfastError('PROTOCOL', `both ends are the ${mine.role} of this session`)
}

/** The message as one of this type. Throws PROTOCOL for another, and what a `close` stands for. */
export function expectType<T extends Message['type']>(
  message: Message,
  type: T,
): Extract<Message, { readonly type: T }> {
  if (message.type === type) return message as Extract<Message, { readonly type: T }>
  if (message.type === 'close') throw closedByPeer(message.code, message.text)
  throw new HoldfastError('PROTOCOL', `the peer sent “${message.type}” where “${type}” has its place`)
}
