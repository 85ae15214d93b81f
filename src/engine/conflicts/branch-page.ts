import type { StreamView } from '../core/merge/stream-view.js'
import type { StreamText } from '../core/merge/types.js'
import type { BranchLines, ConflictLines } from './own-lines.js'
import { parsedMaxBytes, readableLine } from './readable.js'
import { linesBefore, textBytes } from './text-lines.js'
import type { BranchPage, Message } from './types.js'

/** Which records of a branch to show. */
export interface PageOf {
  readonly from: number
  readonly limit: number
}

/** How a record is read. */
export interface Reading {
  readonly format: string
  readonly clashes: readonly string[]
}

/** The most records, and roughly the most text, of one page. */
export const pageMaxRecords = 500
const pageMaxChars = 512 * 1024
/** Of a line that is too long to be taken apart, so much is read. */
const headBytes = 64 * 1024
const contextRecords = 3

/** Records of a branch that no other has, from position `from` on. It may be fewer than asked for: see `from` and `total`. */
export function branchPage(
  view: StreamView,
  { text, own }: BranchLines,
  { from, limit }: PageOf,
  reading: Reading,
): BranchPage {
  const messages: Message[] = []
  let chars = 0
  for (const line of own.slice(from, from + Math.min(limit, pageMaxRecords))) {
    const message = readLine(view, text, line, reading)
    chars += message.text.length
    if (messages.length > 0 && chars > pageMaxChars) break
    messages.push(message)
  }
  return { from: Math.min(from, own.length), total: own.length, messages }
}

/** The last records before the branches part. */
export function sharedContext(
  view: StreamView,
  { branches, common }: ConflictLines,
  reading: Reading,
): Message[] {
  const text = branches[0]?.text
  if (!text) return []
  return linesBefore(view, text, common, contextRecords).map((line) => readLine(view, text, line, reading))
}

/** One line of a text as a person reads it. */
export function readLine(
  view: StreamView,
  text: StreamText,
  { from, to }: { readonly from: number; readonly to: number },
  { format, clashes }: Reading,
): Message {
  const length = to - from
  const read = length > parsedMaxBytes ? headBytes : length
  return readableLine(format, textBytes(view, text, from, from + read), length, clashes)
}
