import fc from 'fast-check'
import type { StatusResult } from '../../src/daemon/operations/status.js'

/** Text that a terminal would act on, among plain text. */
export const hostileText = fc
  .array(fc.constantFrom('\u001b[2J', '\u001b]0;x\u0007', '\r', '\n', '\t', '\u009b1m', 'plain', '日本'))
  .map((parts) => parts.join(''))

/** A status with two files. */
export function sampleStatus(change: Partial<StatusResult> = {}): StatusResult {
  const log = '0123456789abcdef'.repeat(2)
  const last = new Date(1_000).toISOString()
  return {
    host: 'ada',
    log,
    recording: true,
    streams: 2,
    events: 3,
    bytes: 4_000,
    lastEvent: last,
    lagBytes: 0,
    roots: [
      { name: 'claude', format: 'claude', path: '/home/ada/.claude/projects', found: true, files: 2 },
      { name: 'codex', format: 'codex', path: '/home/ada/.codex', found: false, files: 0 },
    ],
    logs: [{ log, host: 'ada', own: true, events: 3, bytes: 4_000, last, lost: [] }],
    peers: [],
    inbound: [],
    forks: [],
    held: [],
    suspects: [],
    problems: [],
    conflicts: 0,
    disk: { storeBytes: 5_000, budgetBytes: null },
    unclean: null,
    ...change,
  }
}
