import type { RecoverFromResult } from '../daemon/operations/recover-from.js'
import type { RecoverResult } from '../daemon/operations/recover-result.js'
import { counted } from './counted.js'
import { damageLines, damageMeaning, fileName } from './damage-lines.js'
import { cutLines } from './finding-lines.js'
import { formatCount, formatSize } from './format.js'
import { safeLine } from './safe-text.js'

/** What a recovery checked, found and did, or would do, for people. */
export function recoverLines(result: RecoverResult): string[] {
  const { checked, recorded, restored, damaged, unmended, held, accepted, refilled, verified } = result
  const { dryRun, newLog } = result
  const lines = [`Checked ${counted(checked, 'event')}; compared ${counted(verified, 'file')} with the log.`]
  if (recorded > 0) lines.push(`Recorded ${counted(recorded, 'event')} of what happened meanwhile.`)
  if (newLog !== null) lines.push(`Opened a new log: ${safeLine(newLog)}.`)
  lines.push(...section('Found damaged', damageLines(damaged)))
  const sizes = restored.map(({ root, path, bytes }) => `${fileName(root, path)}, ${formatSize(bytes)}`)
  lines.push(...section(dryRun ? 'Would restore' : 'Restored', sizes))
  lines.push(
    ...section(
      'Accepted as they are',
      accepted.map(({ root, path }) => fileName(root, path)),
    ),
  )
  if (refilled > 0) lines.push(`Refilled ${counted(refilled, 'file')} of which events were lost, from disk.`)
  const heldHead = dryRun ? 'Would leave as they are for now' : 'Left as they are for now'
  lines.push(...section(heldHead, held.map(leftLine)))
  lines.push(...section('Could not be mended', unmended.map(leftLine)))
  if (unmended.length === 0 && held.length === 0)
    lines.push(damaged.length === 0 ? 'Nothing is damaged.' : dryRun ? '' : 'All is mended.')
  if (held.length > 0 && !dryRun) lines.push('Next: end what has them open, then `holdfast recover` again.')
  return lines.filter((line) => line !== '')
}

/** What came from a peer, before all else. */
export function fromPeerLines({ from, dryRun }: RecoverFromResult): string[] {
  const { peer, host, logs, received } = from
  const came = `${dryRun ? 'Would receive' : 'Received'} ${counted(received, 'event')} from ${safeLine(peer)}.`
  const log = safeLine(logs[0] ?? '').slice(0, 12)
  return [came, `This machine was ${safeLine(host)}, whose last log is ${log}.`]
}

function leftLine(left: RecoverResult['unmended'][number]): string {
  if (!('why' in left)) return damageLines([left]).join('')
  const { root, path, reason, why } = left
  return `${fileName(root, path)} ${damageMeaning(reason)}: ${safeLine(why)}`
}

function section(head: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  return [`${head} (${formatCount(lines.length)}):`, ...cutLines(lines).map((line) => `  ${line}`)]
}
