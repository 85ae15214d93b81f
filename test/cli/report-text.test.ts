import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { damageLines } from '../../src/cli/damage-lines.js'
import { cutLines } from '../../src/cli/finding-lines.js'
import { namedFolder } from '../../src/cli/folder-argument.js'
import { plainPaint } from '../../src/cli/paint.js'
import { recoverLines } from '../../src/cli/recover-text.js'
import { namedSession } from '../../src/cli/session-argument.js'
import { statusLines } from '../../src/cli/status-text.js'
import { hostileText, sampleStatus } from './sample-status.js'

const daemon = { running: true, pid: 7, since: new Date(0).toISOString(), version: '1', answers: true }
const stopped = { running: false, pid: null, since: null, version: null, answers: false }

describe('status for people', () => {
  it('is a few aligned lines where all is well', () => {
    expect(statusLines({ ...sampleStatus(), daemon }, 61_000, plainPaint)).toEqual([
      'host        ada, log 0123456789ab',
      'daemon      recording (pid 7, started 1m 01s ago)',
      'recorded    2 files, 3 events, 4.0 KB',
      'last event  1m 00s ago',
      'on disk     5.0 KB',
      'roots       claude  2 files  /home/ada/.claude/projects',
      '            not there: codex',
    ])
  })

  it('puts what needs the user last, with the next step', () => {
    const status = sampleStatus({
      lastEvent: null,
      lagBytes: 2_000,
      roots: [],
      disk: { storeBytes: 5_000, budgetBytes: 4_000 },
      logs: [
        { log: 'x', host: 'pod', own: false, events: 1, bytes: 2, last: null, lost: [{ from: 3, to: 5 }] },
      ],
      suspects: [{ root: 'claude', path: 's', reason: 'nul-run', recorded: 5, size: 6, found: '' }],
      problems: [{ code: 'link', root: 'claude', path: 'l', message: 'not followed' }],
    })
    expect(statusLines({ ...status, daemon: stopped }, 0, plainPaint).slice(1)).toEqual([
      'daemon      not running; `holdfast daemon start` starts it',
      'recorded    2 files, 3 events, 4.0 KB; 2.0 KB on their way',
      'last event  none yet',
      'on disk     5.0 KB of 4.0 KB: over the budget',
      'others      pod: 1 event, 2 B',
      '',
      'May be damaged, kept out of history; next: `holdfast recover`',
      '  claude s has NUL bytes where text was recorded (5 B recorded, 6 B on disk)',
      '',
      'Lost in the log; `holdfast recover` refills what is still on disk',
      '  pod: 2 events from 3 on',
      '',
      'Not recorded',
      '  claude l: not followed',
    ])
  })

  it('lets nothing through that a terminal acts on', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const status = sampleStatus({
          host: text,
          roots: [{ name: text, format: 'file', path: text, found: true, files: 1 }],
          logs: [{ log: 'x', host: `other ${text}`, own: false, events: 1, bytes: 2, last: null, lost: [] }],
          suspects: [{ root: text, path: text, reason: text, recorded: 5, size: 6, found: '' }],
          problems: [{ code: 'link', root: text, path: text, message: text }],
          held: [{ path: text, reason: text }],
        })
        expect(statusLines({ ...status, daemon }, 0, plainPaint).join('')).not.toMatch(/\p{Cc}/u)
        const damaged = [
          { what: text, root: text, path: text },
          { what: 'store', path: text },
        ]
        const left = [{ root: text, path: text, reason: text, why: text }]
        const report = { ...nothing, damaged, held: left, unmended: left, newLog: text }
        expect(recoverLines(report).join('')).not.toMatch(/\p{Cc}/u)
      }),
      { numRuns: 50 },
    )
  })
})

const nothing = {
  checked: 9,
  recorded: 2,
  restored: [],
  damaged: [],
  unmended: [],
  held: [],
  accepted: [],
  refilled: 0,
  verified: 2,
  newLog: null,
  dryRun: false,
}

describe('a recovery for people', () => {
  it('says what a dry run would do, and does not say that it is done', () => {
    const file = { root: 'claude', path: 'p/s.jsonl' }
    const report = {
      ...nothing,
      recorded: 0,
      dryRun: true,
      damaged: [{ what: 'shortened', ...file }],
      restored: [{ ...file, reason: 'shortened', bytes: 1_200 }],
    }
    expect(recoverLines(report)).toEqual([
      'Checked 9 events; compared 2 files with the log.',
      'Found damaged (1):',
      '  claude p/s.jsonl was cut short',
      'Would restore (1):',
      '  claude p/s.jsonl, 1.2 KB',
    ])
    expect(recoverLines({ ...report, dryRun: false }).slice(3)).toEqual([
      'Restored (1):',
      '  claude p/s.jsonl, 1.2 KB',
      'All is mended.',
    ])
  })
})

describe('lines of findings', () => {
  it('name events by their offsets', () => {
    const log = 'ab'.repeat(16)
    expect(damageLines([3, 4].map((to) => ({ what: 'hole', log, from: 2, to })))).toEqual([
      'events 2 of the log abababababab are missing',
      'events 2 to 3 of the log abababababab are missing',
    ])
  })

  it('are cut where there are too many', () => {
    expect(cutLines(['a', 'b', 'c'], 3)).toEqual(['a', 'b', 'c'])
    expect(cutLines(['a', 'b', 'c'], 2)).toEqual(['a', 'b', 'and 1 more: see --json'])
  })
})

describe('arguments', () => {
  it.each([
    ['/home/ada/code/shop', '~/code/shop'],
    ['/home/ada', '~'],
    ['~/code/shop', '~/code/shop'],
    ['code/shop', '~/own/code/shop'],
    ['../../eve/shop', '/home/eve/shop'],
    ['/home/adam/shop', '/home/adam/shop'],
    ['C:\\code\\shop', 'C:\\code\\shop'],
  ])('the folder %s is %s', (text, folder) => {
    expect(namedFolder(text, '/home/ada/own', '/home/ada')).toBe(folder)
  })

  it.each([
    ['7f3a', '7f3a'],
    ['-home-ada-shop/7f3a.jsonl', '-home-ada-shop/7f3a.jsonl'],
    ['./7f3a.jsonl', '/home/ada/7f3a.jsonl'],
    ['../x/7f3a.jsonl', '/home/x/7f3a.jsonl'],
  ])('the session %s is %s', (text, session) => {
    expect(namedSession(text, '/home/ada')).toBe(session)
  })
})
