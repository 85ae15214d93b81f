import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inboundText, peerProblem, peerText } from '../../src/cli/peer-text.js'
import { plainPaint } from '../../src/cli/paint.js'
import { liveLines } from '../../src/cli/live-lines.js'
import { syncExit, syncText } from '../../src/cli/sync-text.js'
import { statusLines } from '../../src/cli/status-text.js'
import type { StatusResult } from '../../src/daemon/operations/status.js'
import type { SyncResultRow } from '../../src/daemon/operations/sync.js'
import { hostileText, sampleStatus } from './sample-status.js'

type Peer = StatusResult['peers'][number]

const iso = (ms: number): string => new Date(ms).toISOString()
const error = { code: 'PEER_REFUSED', message: 'another key', next: 'Accept it.', exit: 7 }

const connected: Peer = {
  name: 'b',
  url: 'exec:b',
  direction: 'both',
  projects: [],
  key: null,
  state: 'live',
  since: iso(0),
  lastContact: iso(0),
  retry: null,
  inbound: false,
  sentLag: 0,
  receivedLag: 0,
  unsentSeconds: 0,
  error: null,
}

const peer = (change: Partial<Peer> = {}): Peer => ({ ...connected, ...change })

describe('how a peer stands, for people', () => {
  it.each<[Partial<Peer>, string]>([
    [{}, 'connected for 1m 00s'],
    [{ inbound: true }, 'connected for 1m 00s, by its own session'],
    [
      { sentLag: 3, unsentSeconds: 5, receivedLag: 1 },
      'connected for 1m 00s; lacks 3 events, for 5.0 s, 1 event to come',
    ],
    [{ state: 'connecting', sentLag: null, receivedLag: null }, 'connecting'],
    [
      {
        state: 'waiting',
        error: { ...error, code: 'PEER_UNREACHABLE' },
        retry: iso(70_000),
        receivedLag: null,
      },
      'away, last seen 1m 00s ago; next try in 10 s',
    ],
    [{ state: 'waiting', retry: iso(70_000) }, 'met, no daemon there; next try in 10 s'],
    [
      { state: 'refused', error, lastContact: null, retry: iso(61_000) },
      'refused, never met; next try in 1.0 s',
    ],
    [{ state: 'unmet', sentLag: null, receivedLag: null, lastContact: null }, 'never met'],
    [
      { state: 'offline', sentLag: 4, receivedLag: null, unsentSeconds: 0.2 },
      'last seen 1m 00s ago; lacks 4 events',
    ],
  ])('%j', (change, text) => {
    expect(peerText(peer(change), 60_000, plainPaint)).toBe(text)
  })

  it('names what somebody has to do, and no peer that is all right', () => {
    expect(peerProblem(peer())).toBeNull()
    expect(peerProblem(peer({ state: 'refused', error }))).toBe('b: another key. Next: Accept it.')
  })

  it('stands in the status and on the live screen', () => {
    const inbound = {
      host: 'cedar',
      key: 'k',
      since: iso(0),
      state: 'live',
      sentLag: 1,
      receivedLag: 0,
    } as const
    const status = sampleStatus({ peers: [peer()], inbound: [inbound] })
    const daemon = { running: true, pid: 7, since: iso(0), version: '1', answers: true }
    const lines = statusLines({ ...status, daemon }, 60_000, plainPaint)
    expect(lines.filter((line) => / {2}(?:b|cedar): /.test(line)).map((line) => line.trim())).toEqual([
      'peers       b: connected for 1m 00s',
      'cedar: connected to this host for 1m 00s; 1 event on their way',
    ])
    const live = { daemon: { pid: 7, own: true }, status, importing: null, recent: [], notices: [] }
    expect(liveLines(live, 60_000, plainPaint)).toContain('b: connected for 1m 00s')
  })

  it('lets nothing through that a terminal acts on', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const row = peer({ name: text, state: 'refused', error: { ...error, message: text, next: text } })
        const inbound = {
          host: text,
          key: null,
          since: iso(0),
          state: 'live',
          sentLag: 0,
          receivedLag: 0,
        } as const
        const status = sampleStatus({ peers: [row], inbound: [inbound] })
        const daemon = { running: true, pid: 7, since: iso(0), version: '1', answers: true }
        const shown = [
          ...statusLines({ ...status, daemon }, 0, plainPaint),
          peerProblem(row) ?? '',
          inboundText(inbound, 0),
        ]
        expect(shown.join('')).not.toMatch(/\p{Cc}/u)
      }),
      { numRuns: 50 },
    )
  })
})

describe('a sync', () => {
  const row = {
    name: 'b',
    sent: 1,
    received: 2,
    bytesSent: 3,
    bytesReceived: 4,
    key: 'k',
    first: false,
    missing: 0,
  }
  const done = { ...row, unreadable: 0, error: null }
  const failed = (exit: number) => ({ ...done, error: { code: 'X', message: 'm', next: 'n', exit } })
  const result = (change: Partial<SyncResultRow> = {}): SyncResultRow => ({
    dryRun: false,
    peers: [done],
    written: [],
    held: [],
    conflicts: 0,
    forks: [],
    notes: [],
    ...change,
  })
  const held = [{ path: 'p/x.jsonl', reason: 'a live writer' }]
  const fork = { log: 'l', offset: 1, explained: 'two', peer: 'b', isNew: true }

  it.each<[string, Partial<SyncResultRow>, string | null]>([
    ['all done', {}, null],
    ['held', { held }, 'held'],
    ['unreachable before held', { held, peers: [failed(6)] }, 'unreachable'],
    ['refused before unreachable', { peers: [failed(6), failed(7)] }, 'refused'],
    ['a fault before refused', { held, peers: [failed(7), failed(1)] }, 'failed'],
    ['a fork before all', { forks: [fork], peers: [failed(1)] }, 'integrity'],
    ['a fork that was told', { forks: [{ ...fork, isNew: false }] }, null],
  ])('exits by the first cause that is due: %s', (_, change, exit) => {
    expect(syncExit(result(change))).toBe(exit)
  })

  it('says what was written and what was held', () => {
    const written = [{ root: 'claude', path: 'p/b.jsonl' }]
    expect(syncText(result({ written, held }))).toEqual([
      'b: sent 1 and received 2 events (3 B out, 4 B in)',
      'Wrote 1 file of this machine.',
      'Held for now (1):',
      '  p/x.jsonl: a live writer',
    ])
  })
})
