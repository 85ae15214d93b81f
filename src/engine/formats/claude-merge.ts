import type { MergeFormat } from '../core/merge/types.js'
import { contentText, isObject, lineFacts, oneLine, parseLine, textField } from './line-merge.js'

/** Lines of which the last of their type counts, however many branches wrote one. */
const lastWinsTypes = new Set([
  'custom-title',
  'ai-title',
  'tag',
  'agent-name',
  'agent-setting',
  'mode',
  'permission-mode',
  'last-prompt',
  'bridge-session',
])

const typeFirst = /^\{"type":"([a-z-]+)"/
const latin = new TextDecoder('latin1')

/** Claude Code's sessions: a tree of records by `uuid` and `parentUuid`, and lines of which the last counts. */
export const claudeMerge: MergeFormat = {
  shape: 'tree',
  rewrites: false,
  describe(line) {
    const record = parseLine(line)
    if (!record) return null
    const message = record['message']
    const text =
      contentText(isObject(message) ? message['content'] : record['content']) ??
      oneLine(textField(record, 'summary', 'customTitle', 'title', 'lastPrompt') ?? '')
    return lineFacts(textField(record, 'uuid'), text)
  },
  wellFormed: () => true,
  lastWins(line) {
    // Messages are nearly all bytes of a session, and begin with another key or type: only short lines are parsed.
    const begins = typeFirst.exec(latin.decode(line.subarray(0, 64)))?.[1]
    const type = begins ?? (line.length < 4096 ? textField(parseLine(line), 'type') : null)
    return type !== null && lastWinsTypes.has(type) ? type : null
  },
}
