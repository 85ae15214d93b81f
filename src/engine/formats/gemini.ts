import { isContent, mayHoldContent } from './droppings.js'
import type { Format } from './format-rules.js'
import { stem } from './path.js'

const session = /^session-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}(?:-\d{2})?-([0-9a-f]{8,})\.jsonl?$/i

/**
 * Gemini CLI's `tmp/`: `<project>/chats/session-<minute>-<id8>.json[l]`, subagents' chats in folders below, and
 * `<project>/logs.json`. `<project>` is a hash of the project's path on that machine, and no file tells the path.
 */
export const gemini: Format = {
  name: 'gemini',
  classify(path) {
    if (!/^[^/]+\/(?:chats\/.+\.jsonl?|logs\.json)$/s.test(path)) return null
    // Also the JSON files: a chat grows to megabytes and is rewritten at every turn, with only its end changed.
    return isContent(path) ? 'log' : null
  },
  mayHold: (folder) => /^(?:[^/]*|[^/]+\/chats(?:\/.*)?)$/s.test(folder) && mayHoldContent(folder),
  cwd: () => null,
  sessionId: (path) => session.exec(path.slice(path.lastIndexOf('/') + 1))?.[1] ?? stem(path),
  projectFolder: (path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : ''),
  // Hosts with different homes hash the same project differently. A chat's own name is unique without it: it holds the
  // minute and 8 digits of the uuid, a subagent's the parent's id.
  streamName(path) {
    const inside = path.slice(path.indexOf('/') + 1)
    const chat = inside.startsWith('chats/') ? inside.slice('chats/'.length) : ''
    const [first = ''] = chat.split('/')
    const unique = session.test(first) || (first !== chat && /^[0-9a-f-]{8,}$/i.test(first))
    return unique ? { name: chat, unique: 'root' } : { name: inside, unique: 'project' }
  },
  recodedPath: () => null,
  mergeOf: () => 'ordered',
}
