import type { RecordResult } from '../daemon/operations/record.js'
import { counted, countedVerb } from './counted.js'
import { cutLines, problemLines, suspectLines } from './finding-lines.js'
import { formatSize } from './format.js'
import { safeLine } from './safe-text.js'

/** What one sweep did, for people: `report` is its result, `warnings` is what the user should know beside it. */
export function recordText(result: RecordResult): { report: string[]; warnings: string[] } {
  const { files, events, bytes, newLog, suspects, problems, damage } = result
  const looked = `looked at ${counted(files, 'file')}`
  const report = [
    events > 0
      ? `Recorded ${formatSize(bytes)} in ${counted(events, 'event')}; ${looked}.`
      : `Nothing new; ${looked}.`,
  ]
  const warnings = cutLines(problemLines(problems)).map((line) => `Warning: not recorded: ${line}`)
  if (newLog !== null) warnings.push(`Warning: a new log was opened: ${safeLine(newLog)}`)
  if (suspects.length > 0) {
    report.push(
      `${countedVerb(suspects.length, 'file', 'is', 'are')} kept out of history, as a crash may have damaged what is there:`,
    )
    report.push(...cutLines(suspectLines(suspects)).map((line) => `  ${line}`))
  }
  if (damage > 0) warnings.push(`Warning: the log is damaged in ${counted(damage, 'place')}.`)
  if (damage > 0 || suspects.length > 0) report.push('Next: `holdfast recover`.')
  return { report, warnings }
}
