import type { Mismatch, ReplayResult } from '../daemon/operations/replay.js'
import { counted, countedVerb } from './counted.js'
import { fileName } from './damage-lines.js'
import { cutLines } from './finding-lines.js'
import { formatSize } from './format.js'
import { safeLine } from './safe-text.js'

const meanings: Readonly<Record<Mismatch['reason'], string>> = {
  'log-incomplete': 'lost events in the log: rebuilt as far as they go',
  'not-kept': 'the disk did not keep what was written',
  differs: 'the file on this machine is another',
  missing: 'it is not on this machine',
  'unsafe-path': 'its recorded name leads out of the target on this system: not written',
}

/** What was rebuilt, for people. Bytes that went to standard output speak for themselves: then only what is wrong. */
export function replayText(
  { files, bytes, mismatches }: ReplayResult,
  { to, verify }: { readonly to: string | null; readonly verify: boolean },
): string[] {
  const done = `Rebuilt ${counted(files, 'file')}, ${formatSize(bytes)}, in ${safeLine(to ?? '')}`
  const checked = verify && mismatches.length === 0 ? '; all as recorded' : ''
  const lines = mismatches.map(({ root, path, reason }) => `  ${fileName(root, path)}: ${meanings[reason]}`)
  return [
    ...(to === null ? [] : [`${done}${checked}.`]),
    ...(lines.length > 0
      ? [`${countedVerb(lines.length, 'file', 'is', 'are')} not as recorded:`, ...cutLines(lines)]
      : []),
  ]
}
