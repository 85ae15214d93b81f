import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Link } from '../../../src/engine/ports/link.js'
import { Channel } from '../../../src/transport/sync/channel.js'
import type { Message } from '../../../src/transport/sync/messages.js'
import { syncLimits } from '../../../src/transport/sync/sync-limits.js'
import { errorOf, FakeHost, hasher } from './sync-world.js'
import { coded, scene, suffer, sufferAfterAgreement } from './villain.js'

describe('a hostile stream', () => {
  it('of random bytes ends the session with a coded error, and nothing is stored', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }),
        fc.boolean(),
        async (chunks, ends) => {
          const at = scene('random')
          const outcome = await suffer(at, async (link) => {
            for (const chunk of chunks) await link.send(chunk)
            if (ends) await link.close()
          })
          expect(errorOf(outcome)).toEqual(coded)
          expect(at.victim.replica.arrivals).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('of frames with random payloads ends it too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        async (payloads) => {
          const at = scene('frames')
          const outcome = await sufferAfterAgreement(at, (channel) => {
            for (const payload of payloads) channel.postPayload(payload)
          })
          expect(errorOf(outcome)).toEqual(coded)
          expect(at.victim.replica.arrivals).toEqual([])
        },
      ),
      { numRuns: 60 },
    )
  })

  it('with one bit changed anywhere is noticed, and the next session brings everything', async () => {
    let changes = 0
    for (let place = 0; place < 1500; place += 29) {
      const { world, victim, villain, ofVictim, ofVillain } = scene(place)
      const direction = place % 2 === 0 ? 'there' : 'back'
      const bit = 1 << (place % 8)
      let changed = false
      const tamper = (piece: Uint8Array, at: number, way: string): Uint8Array => {
        if (way !== direction || place < at || place >= at + piece.length) return piece
        changed = true
        return piece.map((byte, i) => (at + i === place ? byte ^ bit : byte))
      }
      const outcomes = await world.meet(victim, villain, { link: { tamper } })
      for (const outcome of outcomes) if ('error' in outcome) expect(outcome.error).toEqual(coded)
      expect(outcomes.some((outcome) => 'error' in outcome)).toBe(changed)
      changes += changed ? 1 : 0
      const after = await world.meet(victim, villain)
      expect(after.map(errorOf)).toEqual([undefined, undefined])
      expect(victim.replica.held(ofVillain.log)).toEqual([{ from: 0, to: 6 }])
      expect(villain.replica.held(ofVictim.log)).toEqual([{ from: 0, to: 6 }])
    }
    expect(changes).toBeGreaterThan(30)
  })

  it('that announces a message beyond the bound is not waited for', async () => {
    const at = scene('oversize')
    const header = Buffer.alloc(16)
    header.writeUInt32BE(syncLimits.strangerFrameMaxBytes + 1, 0)
    header.writeUInt32BE((syncLimits.strangerFrameMaxBytes + 1) ^ 0x48465354, 4)
    const outcome = await suffer(at, (link) => link.send(header))
    expect(errorOf(outcome)).toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('over the bound'),
    })
    expect(at.world.time.nowMs - 1_700_000_000_000).toBeLessThan(10_000)
  })

  it('that begins with a greeting is shown to the user', async () => {
    const outcome = await suffer(scene('greeting'), (link) =>
      link.send(Buffer.from('Welcome to Ubuntu 24.04\r\n\u001b[31mLast login: today\r\n')),
    )
    expect(errorOf(outcome)).toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('it says “Welcome to Ubuntu 24.04 [31mLast login: today”'),
    })
  })
})

describe('a peer that is not who it says', () => {
  const hello = (host: FakeHost, role: 'initiator' | 'responder'): Message => ({
    type: 'hello',
    versionMin: 1,
    versionMax: 1,
    features: [],
    codecs: [],
    hostName: 'villain',
    publicKey: host.key.publicKey,
    challenge: new Uint8Array(32),
    role,
    live: false,
    sends: true,
    receives: true,
    dryRun: false,
    windowBytes: 1_000_000,
  })
  const empty = new Uint8Array()
  const open = (link: Link): Channel =>
    new Channel({ link, hasher, limits: syncLimits, onBroken: () => undefined })

  it('is refused with a signature of another key, or of other bytes', async () => {
    const at = scene('wrong proof')
    const victimless = new FakeHost('other', 1)
    for (const signature of [
      at.villain.key.sign(new Uint8Array(100)),
      victimless.key.sign(new Uint8Array(100)),
    ]) {
      const authorise = (): never => {
        throw new Error('asked before the proof')
      }
      const outcome = await suffer(
        at,
        async (link) => {
          const channel = open(link)
          channel.post(hello(at.villain, 'responder'))
          channel.post({ type: 'proof', signature, have: new Uint8Array(32), told: empty, heard: empty })
          await channel.next()
        },
        { authorise },
      )
      expect(errorOf(outcome)).toMatchObject({ code: 'PEER_REFUSED' })
    }
  })

  it('is refused when it reflects what it gets', async () => {
    const at = scene('echo')
    const outcome = await suffer(at, async (link) => {
      for await (const chunk of link.receive) await link.send(chunk)
    })
    expect(errorOf(outcome)).toMatchObject({
      code: 'PEER_REFUSED',
      message: expect.stringContaining('own key'),
    })
  })

  it('is refused when it reflects the proof behind a hello of its own', async () => {
    const at = scene('reflected')
    const outcome = await suffer(at, async (link) => {
      const channel = open(link)
      channel.post(hello(at.villain, 'responder'))
      await channel.next()
      channel.post(await channel.next())
    })
    expect(errorOf(outcome)).toMatchObject({ code: 'PEER_REFUSED' })
  })

  it('is refused when it replays a session of the host that it plays', async () => {
    const at = scene('replayed')
    const recorded: Uint8Array[] = []
    await at.world.meet(at.victim, at.villain, {
      link: {
        tamper: (piece, _, direction) => {
          if (direction === 'back') recorded.push(Uint8Array.from(piece))
          return piece
        },
      },
    })
    const before = at.victim.replica.arrivals.length
    const outcome = await suffer(at, async (link) => {
      for (const piece of recorded) await link.send(piece)
    })
    expect(errorOf(outcome)).toMatchObject({ code: 'PEER_REFUSED' })
    expect(at.victim.replica.arrivals).toHaveLength(before)
  })

  it('is refused in the wrong role, and with no version in common', async () => {
    const at = scene('role')
    const role = await suffer(at, (link) => Promise.resolve(open(link).post(hello(at.villain, 'initiator'))))
    expect(errorOf(role)).toMatchObject({ code: 'PROTOCOL', message: expect.stringContaining('initiator') })
    const newer = { ...hello(at.villain, 'responder'), versionMin: 7, versionMax: 9 }
    const version = await suffer(at, (link) => Promise.resolve(open(link).post(newer as Message)))
    expect(errorOf(version)).toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('versions 7 to 9'),
    })
  })
})
