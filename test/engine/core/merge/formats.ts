import { mergeFormatOf } from '../../../../src/engine/formats/rules-merge.js'

/** One format of each kind, by what its histories are called. */
export const formats = {
  tree: mergeFormatOf('claude', '-a/b.jsonl'),
  records: mergeFormatOf('messages', 'a.jsonl'),
  ordered: mergeFormatOf('codex', 'sessions/a.jsonl'),
  rewriting: mergeFormatOf('gemini', 'a/chats/b.jsonl'),
  whole: mergeFormatOf('file', 'a.json'),
} as const

export type FormatName = keyof typeof formats

export const formatNames = Object.keys(formats) as FormatName[]
