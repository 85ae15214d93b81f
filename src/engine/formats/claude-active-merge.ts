import { isObject, parseLine, textField } from './line-merge.js'

/** Which branch a Claude Code session goes on with, and what of it is dangling. */
export interface ClaudeActive {
  /** The uuid of the last user or assistant line that is neither sidechain nor meta; null where there is none. */
  readonly leaf: string | null
  /** Lines whose parent is nowhere in the file. */
  readonly orphans: readonly string[]
  /** Tool calls on the way to the leaf that have no result there. */
  readonly unanswered: readonly string[]
}

interface Line {
  readonly uuid: string
  readonly parent: string | null
  readonly uses: readonly string[]
  readonly results: readonly string[]
}

/**
 * Reads a session as the agent does when it resumes: the order of lines decides which leaf is active, so after a union
 * it is the branch with the latest key. Lines that are no records are passed over.
 */
export function claudeActive(bytes: Uint8Array): ClaudeActive {
  const lines = new Map<string, Line>()
  let leaf: Line | null = null
  let from = 0
  while (from < bytes.length) {
    const newlineAt = bytes.indexOf(10, from)
    const end = newlineAt === -1 ? bytes.length : newlineAt
    const record = parseLine(bytes.subarray(from, end))
    from = end + 1
    const uuid = textField(record, 'uuid')
    if (!record || uuid === null) continue
    const line = { uuid, parent: textField(record, 'parentUuid'), ...toolsOf(record) }
    lines.set(uuid, line)
    const isMessage = record['type'] === 'user' || record['type'] === 'assistant'
    if (isMessage && record['isSidechain'] !== true && record['isMeta'] !== true) leaf = line
  }
  const orphans = [...lines.values()].filter(({ parent }) => parent !== null && !lines.has(parent))
  return {
    leaf: leaf?.uuid ?? null,
    orphans: orphans.map(({ uuid }) => uuid),
    unanswered: unanswered(lines, leaf),
  }
}

function unanswered(lines: ReadonlyMap<string, Line>, leaf: Line | null): string[] {
  const answered = new Set<string>()
  const open: string[] = []
  const seen = new Set<Line>()
  for (let at = leaf; at && !seen.has(at); at = at.parent === null ? null : (lines.get(at.parent) ?? null)) {
    seen.add(at)
    for (const id of at.results) answered.add(id)
    for (const id of at.uses) if (!answered.has(id)) open.push(id)
  }
  return open
}

function toolsOf(record: Readonly<Record<string, unknown>>): Pick<Line, 'uses' | 'results'> {
  const message = record['message']
  const content = isObject(message) ? message['content'] : null
  const parts = Array.isArray(content) ? (content as unknown[]).filter(isObject) : []
  const ids = (type: string, key: string): string[] =>
    parts.filter((part) => part['type'] === type).flatMap((part) => textField(part, key) ?? [])
  return { uses: ids('tool_use', 'id'), results: ids('tool_result', 'tool_use_id') }
}
