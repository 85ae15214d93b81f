import { brotliCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { LogId } from '../../../src/engine/core/event.js'
import { encodeMessage } from '../../../src/transport/sync/message-codec.js'
import type { Message } from '../../../src/transport/sync/messages.js'
import { syncLimits } from '../../../src/transport/sync/sync-limits.js'
import { errorOf } from './sync-world.js'
import { runMessage, scene, sufferAfterAgreement, wantNothing } from './villain.js'
import type { Scene } from './villain.js'

describe('a peer that was accepted and breaks the rules', () => {
  const unknown: LogId = 'ab'.repeat(16)
  const cases: readonly (readonly [string, (at: Scene) => readonly Message[]])[] = [
    ['sends events that nobody asked for', ({ ofVictim }) => [runMessage(ofVictim, 0, 2)]],
    [
      'sends events twice',
      ({ ofVillain }) => [runMessage(ofVillain, 0, 6), runMessage(ofVillain, 0, 6, { seq: 1 })],
    ],
    ['sends a run out of turn', ({ ofVillain }) => [runMessage(ofVillain, 0, 6, { seq: 1 })]],
    ['says a size that is wrong', ({ ofVillain }) => [runMessage(ofVillain, 0, 6, { raw: 7 })]],
    ['sends more than a run may hold', ({ ofVillain }) => [runMessage(ofVillain, 0, 6, { raw: 2 ** 40 })]],
    [
      'sends a bomb',
      () => [
        {
          type: 'events',
          seq: 0,
          codec: 'brotli',
          rawBytes: 100,
          body: brotliCompressSync(Buffer.alloc(5_000_000), { params: { 1: 1 } }),
        },
      ],
    ],
    [
      'packs with what was not agreed',
      () => [{ type: 'events', seq: 0, codec: 'zstd', rawBytes: 9, body: new Uint8Array(9) }],
    ],
    ['acknowledges what was not sent', () => [{ type: 'ack', seq: 3, outcome: 'stored' }]],
    [
      'asks for what was not told',
      () => [{ type: 'want', logs: [{ log: unknown, ranges: [{ from: 0, to: 1 }] }], more: false }],
    ],
    [
      'asks beyond the end',
      ({ ofVictim }) => [
        { type: 'want', logs: [{ log: ofVictim.log, ranges: [{ from: 0, to: 7 }] }], more: false },
      ],
    ],
    ['asks twice', () => [wantNothing, wantNothing]],
    ['asks without end', () => [{ type: 'want', logs: [], more: true }]],
    ['says twice that it sent everything', () => [{ type: 'served' }, { type: 'served' }]],
    [
      'answers what nobody asked',
      ({ ofVictim }) => [{ type: 'chain!', log: ofVictim.log, events: 1, chain: null }],
    ],
    ['says that an unknown log parts', () => [{ type: 'forked', log: unknown, offset: 1, explained: 'x' }]],
    [
      'counts where no dry run is',
      ({ ofVillain }) => [{ type: 'sizes', logs: [{ log: ofVillain.log, events: 1, bytes: 1 }] }],
    ],
    ['tells again what it holds', () => [{ type: 'have', base: 'all', logs: [], gone: [], more: false }]],
    [
      'proves again',
      () => [
        {
          type: 'proof',
          signature: new Uint8Array(64),
          have: new Uint8Array(32),
          told: new Uint8Array(),
          heard: new Uint8Array(),
        },
      ],
    ],
    ['is done too early', () => [{ type: 'close', code: 'done', text: '' }]],
  ]

  it.each(cases)('%s', async (name, messages) => {
    for (const mode of ['once', 'live'] as const) {
      // In a live session that is how one end says good-bye to the other's mistake.
      if (name === 'is done too early' && mode === 'once') continue
      const at = scene(name)
      const outcome = await sufferAfterAgreement(
        at,
        (channel) => {
          for (const message of messages(at)) channel.post(message)
        },
        { mode },
      )
      expect(errorOf(outcome)).toMatchObject({ code: 'PROTOCOL' })
      expect(at.victim.replica.arrivals.every((id) => id.startsWith(at.ofVillain.log))).toBe(true)
      expect(new Set(at.victim.replica.arrivals).size).toBe(at.victim.replica.arrivals.length)
    }
  })

  it('sends more at once than it was allowed', async () => {
    const at = scene('window')
    at.victim.replica.beforeStore = () => at.world.clock.sleep(1000)
    const outcome = await sufferAfterAgreement(
      at,
      (channel) => {
        for (let i = 0; i < 6; i += 1) channel.post(runMessage(at.ofVillain, i, i + 1, { seq: i }))
      },
      { limits: { windowBytes: 400 } },
    )
    expect(errorOf(outcome)).toMatchObject({ code: 'PROTOCOL', message: expect.stringContaining('allowed') })
    expect(at.victim.replica.arrivals.length).toBeLessThan(6)
  })

  it('asks more than it waits for', async () => {
    const at = scene('questions')
    at.victim.replica.chainAt = () => at.world.clock.sleep(1000).then(() => undefined)
    const question: Message = { type: 'chain?', log: at.ofVictim.log, events: 1 }
    const outcome = await sufferAfterAgreement(at, (channel) => {
      for (let i = 0; i <= syncLimits.chainQuestionsMax; i += 1) channel.post(question)
    })
    expect(errorOf(outcome)).toMatchObject({ code: 'PROTOCOL', message: 'the peer asks too much at once' })
  })

  it('sends events to a host that takes none', async () => {
    const at = scene('pushed')
    const outcome = await sufferAfterAgreement(
      at,
      (channel) => channel.post(runMessage(at.ofVillain, 0, 6)),
      { receive: false },
    )
    expect(errorOf(outcome)).toMatchObject({ code: 'PROTOCOL' })
    expect(at.victim.replica.arrivals).toEqual([])
  })

  it('sends events that can’t be true: what the store finds ends the session', async () => {
    const at = scene('forged')
    const forged = at.ofVillain.copyOf(2)
    forged.append(Buffer.from('not what was signed'))
    const honest = at.ofVillain.point(3)
    Object.assign(forged, { point: () => honest })
    const outcome = await sufferAfterAgreement(at, (channel) => channel.post(runMessage(forged, 0, 3)))
    expect(errorOf(outcome)).toMatchObject({ code: 'PEER_INVALID' })
    expect(at.victim.replica.arrivals).toEqual([])
  })

  it('tells of more logs or holes than anybody has', async () => {
    for (const limits of [{ haveMaxLogs: 3 }, { haveMaxRanges: 3 }]) {
      const at = scene('huge')
      for (let i = 0; i < 4; i += 1) at.villain.replica.write(at.villain.newLog(1))
      const outcome = await sufferAfterAgreement(at, () => undefined, { limits })
      expect(errorOf(outcome)).toMatchObject({
        code: 'PROTOCOL',
        message: expect.stringContaining('more logs or holes'),
      })
    }
  })

  it('tells of a log in a form that can’t be', async () => {
    const at = scene('form')
    const identity = at.ofVillain.identity
    const broken = encodeMessage({
      type: 'have',
      base: 'all',
      logs: [
        {
          identity,
          held: [{ from: 0, to: 4 }],
          stubs: [{ from: 2, to: 6 }],
          chains: new Map([4, 6].map((n) => [n, new Uint8Array(32)])),
        },
      ],
      gone: [],
      more: false,
    })
    const outcome = await sufferAfterAgreement(at, (channel) => channel.postPayload(broken))
    expect(errorOf(outcome)).toMatchObject({ code: 'PROTOCOL', message: 'a message “have” is malformed' })
  })

  it('floods with pings and reads no answer: one answer waits, not all', async () => {
    const at = scene('pings')
    const outcome = await sufferAfterAgreement(
      at,
      (channel) => {
        for (let i = 0; i < 10_000; i += 1) channel.post({ type: 'ping' })
        channel.post({ type: 'close', code: 'shutdown', text: '' })
      },
      { limits: { controlQueueMaxBytes: 500 } },
    )
    expect(errorOf(outcome)).toMatchObject({ code: 'PEER_UNREACHABLE', message: 'the peer is shutting down' })
  })
})
