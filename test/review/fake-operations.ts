import type {
  BranchPage,
  ConflictDetail,
  ConflictRow,
  ConflictsResult,
  Message,
  ResolutionPreview,
} from '../../src/daemon/operations/conflicts.js'
import type { HostRow } from '../../src/daemon/operations/hosts.js'
import type { StatusResult } from '../../src/daemon/operations/status.js'
import type { TimelineResult } from '../../src/daemon/operations/timeline.js'
import type { TimelineEventsResult } from '../../src/daemon/operations/timeline-events.js'
import { HoldfastError } from '../../src/engine/core/errors.js'
import type { Ask } from '../../src/review/asker.js'
import { sampleStatus } from '../cli/sample-status.js'

export const conflictId = '00c0ffee00c0ffee'

export function message(text: string, change: Partial<Message> = {}): Message {
  return {
    role: 'user',
    time: '2026-01-02T03:04:05.000Z',
    text,
    cut: 0,
    tools: [],
    id: null,
    clash: false,
    malformed: false,
    bytes: text.length,
    ...change,
  }
}

export function sampleConflict(change: Partial<ConflictRow> = {}): ConflictRow {
  const branch = (host: string, records: number) => ({
    host,
    hosts: [host],
    records,
    from: '2026-01-02T03:04:05.000Z',
    to: '2026-01-02T04:04:05.000Z',
    first: `first of ${host}`,
    last: `last of ${host}`,
    dropped: 0,
    malformed: 0,
    head: `${host}:1`,
  })
  return {
    id: conflictId,
    stream: 'claude/x',
    root: 'claude',
    format: 'claude',
    project: 'shop',
    session: '11111111-1111-4111-8111-111111111111',
    file: '11111111-1111-4111-8111-111111111111.jsonl',
    kind: 'fork',
    status: 'open',
    branches: [branch('mac', 2), branch('box', 1)],
    clashes: [],
    resolutions: [],
    divergence: 'shared',
    choices: ['union', 'split', 'keep'],
    ...change,
  }
}

export interface FakeWorld {
  status?: Partial<StatusResult>
  hosts?: readonly HostRow[]
  conflict?: Partial<ConflictRow>
  context?: readonly Message[]
  /** The own records of each branch: how many, and each one by its position. */
  branches?: readonly { readonly total: number; readonly at: (position: number) => Message }[]
  preview?: Partial<ResolutionPreview>
  timeline?: TimelineResult
  events?: TimelineEventsResult
}

/** Answers in place of the real operations, with the same types; keeps nothing in memory that it can make. */
export function fakeOperations(world: FakeWorld): Ask {
  const conflict = (): ConflictRow => sampleConflict(world.conflict)
  const answers: Readonly<Record<string, (args: never) => unknown>> = {
    status: (): StatusResult => sampleStatus({ conflicts: 1, ...world.status }),
    hosts: (): { hosts: readonly HostRow[] } => ({ hosts: world.hosts ?? [] }),
    conflicts: (): ConflictsResult => ({
      conflicts: [conflict()],
      counts: { open: 1, merged: 0, resolved: 0 },
    }),
    'conflict.show': (args: { from?: number; limit?: number; branch?: number }): ConflictDetail => ({
      conflict: conflict(),
      context: world.context ?? [],
      pages: (world.branches ?? []).map(({ total, at }, branch): BranchPage => {
        const { from = 0, limit = 50 } = args
        const count = args.branch === undefined || args.branch === branch ? limit : 0
        const length = Math.max(0, Math.min(count, total - from))
        return { from, total, messages: Array.from({ length }, (_, i) => at(from + i)) }
      }),
    }),
    'conflict.preview': (args: {
      choice: ResolutionPreview['choice']
      host?: string
    }): ResolutionPreview => ({
      conflict: conflict(),
      choice: args.choice,
      host: args.choice === 'union' ? null : (args.host ?? 'mac'),
      length: 1000,
      digest: '',
      difference: { added: 0, removed: 0, lines: [], more: 0 },
      hosts: [],
      sessions: [],
      basis: 'basis',
      ...world.preview,
    }),
    'conflict.resolve': (args: { choice: string }) => {
      const time = '2026-01-02T05:00:00.000Z'
      const resolutions = [{ host: 'mac', choice: args.choice, time, undone: false }]
      world.conflict = { ...world.conflict, status: 'resolved', choices: [], resolutions }
      return { dryRun: false, conflict: conflict(), preview: null, sessions: [] }
    },
    'conflict.undo': () => {
      const resolutions = conflict().resolutions.map((each) => ({ ...each, undone: true }))
      world.conflict = { ...world.conflict, status: 'open', choices: ['union', 'split', 'keep'], resolutions }
      return { conflict: conflict() }
    },
    timeline: (): TimelineResult =>
      world.timeline ?? {
        from: null,
        to: null,
        stepMs: 0,
        first: null,
        last: null,
        hosts: [],
        moreHosts: 0,
      },
    'timeline.events': (): TimelineEventsResult => world.events ?? { events: [], next: null },
  }
  return <R>(name: string, args: unknown) => {
    const answer = answers[name]
    if (!answer) return Promise.reject(new HoldfastError('INTERNAL', `there is no operation ${name}`))
    // As over the daemon's socket: nothing but JSON arrives.
    return Promise.resolve(JSON.parse(JSON.stringify(answer(args as never))) as R)
  }
}
