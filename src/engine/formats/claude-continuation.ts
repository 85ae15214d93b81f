import { textField, type JsonObject } from './line-merge.js'
import { lineAround, parseText, textLines } from './text-lines.js'

/** How many lines before the deciding one are looked at for signs: each costs a pass over what was brought. */
const signsMax = 16

interface Line {
  readonly uuid: string | null
  /** The record that this line goes on from; null where it names none. */
  readonly parent: string | null
  /** A record that the line's writer must know, without going on from it. */
  readonly knows: string | null
}

/** `seenMarks` for Claude Code: the record that the append goes on from tells what its writer has read. */
export function claudeSeen(
  appended: string,
  from: number,
  to: number,
  brought: (index: number) => string,
): number {
  const lines = readLines(appended)
  const inside = new Set(lines.map(({ uuid }) => uuid))
  // Progress decides as well: hooks run before the first message, which then hangs on theirs.
  const deciding = lines.findIndex(({ parent }) => parent !== null && !inside.has(parent))
  const parent = lines[deciding]?.parent ?? null
  if (parent === null) return to

  // A line before the deciding one, or itself, may name or repeat what a mark brought. That proves it was read, also
  // where the conversation then goes on from an earlier point, as after a rewind.
  const signs = new Set<string>()
  for (const { uuid, knows } of lines.slice(0, deciding + 1)) {
    for (const sign of [uuid, knows]) if (sign !== null && signs.size < signsMax) signs.add(sign)
  }
  signs.add(parent)

  let seen = to
  for (let index = to - 1; index >= from; index--) {
    const text = brought(index)
    for (const sign of signs) if (defines(text, sign)) return seen
    if (bringsMessage(text)) seen = index
  }
  return seen
}

function readLines(text: string): Line[] {
  const found: Line[] = []
  for (const { line, isWhole } of textLines(text)) {
    const record = parseText(line)
    if (record) found.push(lineOf(record))
    else found.push(...tornLine(line, isWhole))
  }
  return found
}

function lineOf(record: JsonObject): Line {
  const [parent, logical] = [textField(record, 'parentUuid'), textField(record, 'logicalParentUuid')]
  return {
    uuid: textField(record, 'uuid'),
    // A compaction begins a new chain, and names the record that it goes on from apart.
    parent: parent ?? logical,
    knows: textField(record, 'leafUuid') ?? logical,
  }
}

/**
 * What can be told of a line that is no record. The beginning of a long line names its parent first. The end of a line
 * that an earlier append began, or lines glued together, still define the records that follow.
 */
function tornLine(line: string, isWhole: boolean): Line[] {
  const parent = isWhole ? undefined : /^\{"parentUuid":"([^"\\]+)"/.exec(line)?.[1]
  if (parent !== undefined) return [{ uuid: null, parent, knows: null }]
  const defined = line.matchAll(/"uuid"\s*:\s*"([^"\\]+)"/g)
  return Array.from(defined, ([, uuid = null]) => ({ uuid, parent: null, knows: null }))
}

/** Whether a record of this text has the uuid. Only lines that hold the very words are parsed. */
function defines(text: string, uuid: string): boolean {
  const quoted = JSON.stringify(uuid)
  for (let at = text.indexOf(quoted); at !== -1;) {
    let next = at + quoted.length
    if (/"uuid"\s{0,8}:\s{0,8}$/.test(text.slice(Math.max(0, at - 24), at))) {
      const { line, start } = lineAround(text, at)
      if (textField(parseText(line), 'uuid') === uuid) return true
      // What a line has inside it is judged once.
      next = start + line.length
    }
    at = text.indexOf(quoted, next)
  }
  return false
}

/** Whether the text holds a message that an agent which had read it would go on from. */
function bringsMessage(text: string): boolean {
  for (const { line } of textLines(text)) {
    if (!line.includes('"uuid"') || !/"type"\s*:\s*"(?:user|assistant)"/.test(line)) continue
    const record = parseText(line)
    const type = textField(record, 'type')
    if (!record || (type !== 'user' && type !== 'assistant') || textField(record, 'uuid') === null) continue
    if (record['isSidechain'] !== true && record['isMeta'] !== true) return true
  }
  return false
}
