import type { MergeFormat } from '../core/merge/types.js'
import { claudeMerge } from './claude-merge.js'
import { codexMerge } from './codex-merge.js'
import { findFormat } from './format.js'
import { contentText, isWholeJson, lineFacts, oneLine, parseLine, textField } from './line-merge.js'

const plainMerge: MergeFormat = {
  shape: 'ordered',
  rewrites: false,
  describe(line) {
    const record = parseLine(line)
    if (record)
      return lineFacts(
        textField(record, 'id', 'uuid'),
        oneLine(textField(record, 'text', 'message', 'content') ?? ''),
      )
    const text = new TextDecoder().decode(line)
    // Plain text is a record too; bytes that no text has are not.
    return text.includes('\0') || text.includes('\ufffd') ? null : lineFacts(null, oneLine(text))
  },
  wellFormed: () => true,
  lastWins: () => null,
}

/** Gemini chats: repeated ids and `$set` depend on order, and the whole file is rewritten as a matter of course. */
const geminiMerge: MergeFormat = {
  ...plainMerge,
  rewrites: true,
  describe(line) {
    const record = parseLine(line)
    return record && lineFacts(textField(record, 'id'), contentText(record['content']))
  },
  wellFormed: isWholeJson,
}

/** Brokers' message logs: each line stands alone. */
const messagesMerge: MergeFormat = {
  ...plainMerge,
  shape: 'records',
  describe(line) {
    const record = parseLine(line)
    return record && lineFacts(textField(record, 'message_id', 'id'), contentText(record['content']))
  },
}

const wholeMerge: MergeFormat = { ...plainMerge, shape: 'whole', rewrites: true, wellFormed: hasContent }
const wholeJsonMerge: MergeFormat = { ...wholeMerge, wellFormed: isWholeJson }

/**
 * How the branches of a file are merged, by the format's name and the file's path. A format that only a newer version
 * knows is taken as order-dependent: nothing of it is ever mixed.
 */
export function mergeFormatOf(name: string, path: string): MergeFormat {
  switch (findFormat(name)?.mergeOf(path)) {
    case 'tree':
      return claudeMerge
    case 'records':
      return messagesMerge
    case 'whole':
      return path.endsWith('.json') ? wholeJsonMerge : wholeMerge
    default:
      return name === 'codex' ? codexMerge : name === 'gemini' ? geminiMerge : plainMerge
  }
}

/** An empty file or nothing but NULs is what a crash leaves. */
function hasContent(content: Uint8Array): boolean {
  return content.some((byte) => byte !== 0)
}
