import { withString } from './json-field-split.js'
import { mapLines, type SessionFile } from './session-split.js'

/**
 * A branch of a Claude Code session as a session of its own: the session's file under the new id, its lines' sessionId
 * changed, and its folder (subagents, tool results) as the new session's. Paths are relative to the project's folder.
 * Subagents' lines carry the parent's sessionId, so theirs change as well; a subagent's file keeps its own name. Files
 * of older layouts that stand beside the session (`agent-<id>.jsonl`) are found by their own id and belong to both:
 * they are left out, as is whatever belongs to another session.
 */
export function splitClaudeSession(
  files: readonly SessionFile[],
  oldId: string,
  newId: string,
): SessionFile[] {
  const split: SessionFile[] = []
  for (const { path, bytes } of files) {
    const isSession = path === `${oldId}.jsonl`
    if (!isSession && !path.startsWith(`${oldId}/`)) continue
    const isLog = path.endsWith('.jsonl') && !path.startsWith(`${oldId}/tool-results/`)
    split.push({
      path: newId + path.slice(oldId.length),
      bytes: isLog ? mapLines(bytes, (line) => withString(line, ['sessionId'], oldId, newId)) : bytes,
    })
  }
  return split
}

/** A todo list of the old session under the new one's name: `<sid>-agent-<agent>.json`; null for another's. */
export function splitClaudeTodos(name: string, oldId: string, newId: string): string | null {
  const prefix = `${oldId}-agent-`
  if (!name.startsWith(prefix)) return null
  const agent = name.slice(prefix.length)
  return `${newId}-agent-${agent === `${oldId}.json` ? `${newId}.json` : agent}`
}
