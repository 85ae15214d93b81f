import { HoldfastError } from '../../engine/core/errors.js'
import type { Channel } from './channel.js'
import type { Codec } from './codecs.js'
import type { CommonView } from './common-view.js'
import { shakeHands } from './handshake.js'
import { exchangeHaves } from './have-exchange.js'
import { HaveSet } from './have-set.js'
import { decodeMemory } from './memory-codec.js'
import type { Memory } from './memory-codec.js'
import type { Hello, ProofDigests } from './messages.js'
import { printable } from './printable.js'
import type { SyncLimits } from './sync-limits.js'
import type { SyncOptions, SyncPeer } from './sync-types.js'
import { toldHave } from './told-have.js'

/** What two ends settled before anything moves. */
export interface Agreement {
  readonly peer: SyncPeer
  readonly view: CommonView
  /** What was remembered of the last session with this peer. */
  readonly memory: Memory | undefined
  readonly live: boolean
  readonly dryRun: boolean
  /** Whether events may go there, and come here. */
  readonly sends: boolean
  readonly receives: boolean
  /** What this end packs with. */
  readonly codec: Codec | undefined
  /** What the peer allows to be on its way. */
  readonly windowBytes: number
}

export interface AgreeOptions {
  readonly options: SyncOptions
  readonly channel: Channel
  readonly codecs: readonly Codec[]
  readonly limits: SyncLimits
  /** Called when the peer proved itself and was accepted. */
  readonly onAccepted: (peer: SyncPeer) => void
}

/** Handshake, authorisation and the comparison of what each holds. Throws PROTOCOL, PEER_REFUSED, PEER_UNREACHABLE. */
export async function agree({
  options,
  channel,
  codecs,
  limits,
  onAccepted,
}: AgreeOptions): Promise<Agreement> {
  const { replica, hasher } = options
  const admits = options.filter ?? (() => true)
  let now = new HaveSet()
  let memory: Memory | undefined
  let mine: ProofDigests = { have: new Uint8Array(), told: new Uint8Array(), heard: new Uint8Array() }
  const { hello, digests: theirs } = await shakeHands({
    channel,
    identity: options.identity,
    random: options.random,
    hasher,
    say: sayOf(options, codecs, limits),
    digests: async (publicKey) => {
      memory = decodeMemory(await options.memory.load(publicKey), hasher)
      now = toldHave(await replica.have(), admits, limits)
      const empty = new Uint8Array()
      mine = {
        have: now.digest(hasher),
        told: memory?.told.digest(hasher) ?? empty,
        heard: memory?.heard.digest(hasher) ?? empty,
      }
      return mine
    },
  })
  const peer: SyncPeer = { hostName: printable(hello.hostName), publicKey: hello.publicKey }
  const verdict = await options.authorise(peer)
  if (verdict !== 'accept') throw new HoldfastError('PEER_REFUSED', verdict.refuse)
  onAccepted(peer)
  channel.trust()
  const heard = await exchangeHaves({ channel, now, memory, mine, theirs, limits })
  const dryRun = hello.dryRun || options.dryRun === true
  return {
    peer,
    view: { told: now, heard, forks: new Map(), suspects: new Set(), admits },
    memory,
    live: !dryRun && hello.live && options.mode === 'live',
    dryRun,
    sends: options.send && hello.receives,
    receives: options.receive && hello.sends,
    codec: codecs.find(({ name }) => hello.codecs.includes(name)),
    windowBytes: Math.min(hello.windowBytes, limits.windowBytes),
  }
}

type Said = 'codecs' | 'hostName' | 'role' | 'live' | 'sends' | 'receives' | 'dryRun' | 'windowBytes'

function sayOf(options: SyncOptions, codecs: readonly Codec[], limits: SyncLimits): Pick<Hello, Said> {
  return {
    codecs: codecs.map(({ name }) => name),
    hostName: options.hostName.slice(0, 255),
    role: options.role,
    live: options.mode === 'live',
    sends: options.send,
    receives: options.receive,
    dryRun: options.dryRun === true,
    windowBytes: limits.windowBytes,
  }
}
