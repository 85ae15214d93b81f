import type { SyncPeerRow, SyncResultRow } from '../daemon/operations/sync.js'
import { exitCodes, type ExitName } from '../engine/core/errors.js'
import { counted } from './counted.js'
import { cutLines } from './finding-lines.js'
import { formatCount, formatSize } from './format.js'
import { safeLine } from './safe-text.js'

/** What `sync` says to people, a line for each peer first. */
export function syncText(result: SyncResultRow): string[] {
  const lines = result.peers.flatMap((row) => peerLines(row, result.dryRun))
  for (const { peer, explained } of result.forks) lines.push(`${safeLine(peer)}: ${safeLine(explained)}.`)
  const { written, held } = result
  if (written.length > 0) lines.push(`Wrote ${counted(written.length, 'file')} of this machine.`)
  if (held.length > 0) {
    lines.push(`Held for now (${formatCount(held.length)}):`)
    lines.push(...cutLines(held.map(({ path, reason }) => `  ${safeLine(path)}: ${safeLine(reason)}`)))
  }
  const { conflicts } = result
  if (conflicts > 0)
    lines.push(
      `${counted(conflicts, 'open conflict')}. Next: \`holdfast conflicts\`, or \`holdfast review\`.`,
    )
  for (const note of result.notes) lines.push(`Note: ${safeLine(note)}.`)
  return lines
}

function peerLines(row: SyncPeerRow, dryRun: boolean): string[] {
  const name = safeLine(row.name)
  if (row.error) return [`${name}: ${safeLine(row.error.message)}`, `  Next: ${safeLine(row.error.next)}`]
  const [sent, received] = [formatCount(row.sent), formatCount(row.received)]
  const wire = `${formatSize(row.bytesSent)} out, ${formatSize(row.bytesReceived)} in`
  const lines = [
    dryRun
      ? `${name}: would send ${sent} and receive ${received} events`
      : `${name}: sent ${sent} and received ${received} events (${wire})`,
  ]
  if (row.first) lines.push(`  first meeting: its key ${String(row.key)} is trusted from now on`)
  if (row.missing > 0)
    lines.push(
      `  ${formatCount(row.missing)} of its events could not be taken: others before them are missing`,
    )
  if (row.unreadable > 0)
    lines.push(`  ${formatCount(row.unreadable)} logs here can’t be read whole: run \`holdfast recover\``)
  return lines
}

/** What the command exits with where it is not 0: the first of 5, 1, 7, 6, 4 that is due. */
export function syncExit({ peers, forks, held, conflicts }: SyncResultRow): ExitName | null {
  if (forks.some(({ isNew }) => isNew) || peers.some(({ unreadable }) => unreadable > 0)) return 'integrity'
  const due = peers.flatMap(({ error }) => (error ? [error.exit] : []))
  const order = ['integrity', 'failed', 'refused', 'unreachable'] as const
  const failure = order.find((name) => due.includes(exitCodes[name])) ?? (due.length > 0 ? 'failed' : null)
  return failure ?? (held.length > 0 || conflicts > 0 ? 'held' : null)
}
