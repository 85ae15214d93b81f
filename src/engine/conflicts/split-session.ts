import { splitClaudeSession, splitClaudeTodos } from '../formats/claude-split.js'
import { splitCodexRollout } from '../formats/codex-split.js'
import { splitGeminiChat } from '../formats/gemini-split.js'
import { parseLine, textField } from '../formats/line-merge.js'
import type { SessionFile } from '../formats/session-split.js'
import type { Stream } from '../core/stream.js'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const geminiChat = /(?:^|\/)session-[^/]+-[0-9a-f]{8,}\.jsonl?$/i

/** Whether a branch of the stream can become a session of its own. */
export function isSplittable({ format, session, rest }: Stream): boolean {
  switch (format) {
    case 'claude':
      return rest === `${session}.jsonl` && uuid.test(session)
    case 'codex':
      return uuid.test(session) && rest.endsWith(`${session}.jsonl`)
    case 'gemini':
      return geminiChat.test(rest)
    case 'lines':
    case 'messages':
      return true
    default:
      return false
  }
}

/** A branch's file under a new id. `path` is as `Stream.rest`. */
export function splitBranch(stream: Stream, bytes: Uint8Array, newId: string): SessionFile {
  const { format, session, rest } = stream
  const file = { path: rest, bytes }
  switch (format) {
    case 'claude': {
      const [split] = splitClaudeSession([file], session, newId)
      return split ?? file
    }
    case 'codex':
      return splitCodexRollout(file, session, newId)
    case 'gemini':
      return splitGeminiChat(file, geminiId(bytes) ?? session, newId)
    default:
      // Lines of these name no session: only the file's name changes.
      return { path: besideName(rest, newId), bytes: endedLine(bytes) }
  }
}

/** A file that belongs to a session (a subagent, a tool's result, a todo list) as the new one's; null for another's. */
export function splitCompanion(
  stream: Stream,
  companion: Stream,
  bytes: Uint8Array,
  newId: string,
): SessionFile | null {
  const path = companionPath(stream, companion, newId)
  if (path === null) return null
  if (companion.root !== stream.root) return { path, bytes }
  return splitClaudeSession([{ path: companion.rest, bytes }], stream.session, newId)[0] ?? null
}

/** Where such a file goes; null for one that belongs to another session. */
export function companionPath(stream: Stream, companion: Stream, newId: string): string | null {
  const { session, rest } = stream
  if (stream.format !== 'claude') return null
  if (companion.root === `${stream.root}-todos`) return splitClaudeTodos(companion.rest, session, newId)
  const isBeside =
    companion.root === stream.root && companion.folder === stream.folder && companion.rest !== rest
  return isBeside && companion.rest.startsWith(`${session}/`)
    ? newId + companion.rest.slice(session.length)
    : null
}

/** A chat's name holds 8 digits of its id; all of it stands inside. */
function geminiId(bytes: Uint8Array): string | null {
  const whole = textField(parseLine(bytes), 'sessionId')
  if (whole !== null) return whole
  const newline = bytes.indexOf(10)
  return textField(parseLine(newline === -1 ? bytes : bytes.subarray(0, newline)), 'sessionId')
}

function besideName(path: string, newId: string): string {
  const slash = path.lastIndexOf('/') + 1
  const dot = path.lastIndexOf('.')
  const at = dot > slash ? dot : path.length
  return `${path.slice(0, at)}-${newId.slice(0, 8)}${path.slice(at)}`
}

function endedLine(bytes: Uint8Array): Uint8Array {
  return bytes.length === 0 || bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, Buffer.of(10)])
}
