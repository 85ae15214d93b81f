import { HoldfastError } from '../../engine/core/errors.js'
import type { Withhold } from '../../engine/ports/replica.js'
import { agreeOnFilter, featuresOf, isFiltered } from './agree-filter.js'
import type { Channel } from './channel.js'
import type { Codec } from './codecs.js'
import type { CommonView } from './common-view.js'
import { shakeHands } from './handshake.js'
import { exchangeHaves } from './have-exchange.js'
import { entryOf, HaveSet } from './have-set.js'
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
  /** Whether an end may send what is new until it says `settled`; only in a session that ends, and moves anything. */
  readonly settles: boolean
  /** Whether runs go that stand behind a hole of both, or end before one without a signature. */
  readonly detaches: boolean
  readonly dryRun: boolean
  /** Whether events may go there, and come here. */
  readonly sends: boolean
  readonly receives: boolean
  /** What this end keeps back. */
  readonly withhold: Withhold | undefined
  /** Whether a filter binds both ends. */
  readonly filtered: boolean
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
  let [now, own] = [new HaveSet(), new HaveSet()]
  const look = async (rule: Withhold | undefined): Promise<void> => {
    const haves = await replica.have(rule)
    now = toldHave(haves, admits, limits)
    const all = rule ? await replica.have() : haves
    own = new HaveSet(all.filter(({ log }) => admits(log)).map(entryOf))
  }
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
      await look(options.withhold)
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
  const filtered = isFiltered(options, hello)
  const withhold = await agreeOnFilter(channel, options, hello)
  if (filtered) await look(withhold)
  const heard = await exchangeHaves({ channel, now, memory, mine, theirs, limits, filtered })
  const dryRun = hello.dryRun || options.dryRun === true
  const both = (name: string): boolean => featuresOf(options).includes(name) && hello.features.includes(name)
  const live = !dryRun && hello.live && options.mode === 'live'
  return {
    peer,
    view: { own, told: now, heard, introduced: new Map(), forks: new Map(), suspects: new Set(), admits },
    memory,
    live,
    settles: !dryRun && !live && both('settle'),
    detaches: both('detached'),
    dryRun,
    sends: options.send && hello.receives,
    receives: options.receive && hello.sends,
    withhold,
    filtered,
    codec: codecs.find(({ name }) => hello.codecs.includes(name)),
    windowBytes: Math.min(hello.windowBytes, limits.windowBytes),
  }
}

type Said =
  'features' | 'codecs' | 'hostName' | 'role' | 'live' | 'sends' | 'receives' | 'dryRun' | 'windowBytes'

function sayOf(options: SyncOptions, codecs: readonly Codec[], limits: SyncLimits): Pick<Hello, Said> {
  return {
    features: featuresOf(options),
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
