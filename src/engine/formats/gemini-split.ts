import { withString } from './json-field-split.js'
import { mapLines, type SessionFile } from './session-split.js'

/**
 * A branch of a Gemini chat as one of its own: the first 8 digits of the id in the file's name, and the sessionId of the
 * document (`.json`) or of the first line (`.jsonl`).
 */
export function splitGeminiChat({ path, bytes }: SessionFile, oldId: string, newId: string): SessionFile {
  const change = (part: Uint8Array): Uint8Array => withString(part, ['sessionId'], oldId, newId)
  const slash = path.lastIndexOf('/') + 1
  const name = path.slice(slash).replace(`-${oldId.slice(0, 8)}`, `-${newId.slice(0, 8)}`)
  return {
    path: path.slice(0, slash) + name,
    bytes: path.endsWith('.jsonl')
      ? mapLines(bytes, (line, index) => (index === 0 ? change(line) : line))
      : change(bytes),
  }
}
