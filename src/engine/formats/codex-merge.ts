import type { MergeFormat } from '../core/merge/types.js'
import { contentText, isObject, lineFacts, oneLine, parseLine, textField } from './line-merge.js'

/** Codex rollouts: ordinals continue from the last line, so branches stay apart. */
export const codexMerge: MergeFormat = {
  shape: 'ordered',
  rewrites: false,
  describe(line) {
    const record = parseLine(line)
    if (!record) return null
    const payload = isObject(record['payload']) ? record['payload'] : null
    const text = contentText(payload?.['content']) ?? oneLine(textField(payload, 'message', 'text') ?? '')
    return lineFacts(null, text)
  },
  wellFormed: () => true,
  lastWins: () => null,
}
