import type { Cursor, CursorKey } from '../core/cursor.js'
import { concat, suffix, type Content } from '../core/replay-plan.js'
import type { Intent, LogReader } from '../ports/log.js'
import { contentBytes, fileState, latestState } from '../replay/content.js'
import type { RecoverTools } from './recover-tools.js'

/**
 * What should stand in place of a damaged file, or null where the log can't say.
 *
 * Without an intent: what was recorded last. With one, the generation before the damage, and after it what somebody
 * wrote behind the damage: an agent that went on in a file with a run of NULs has its new records kept.
 */
export async function restoreTarget(
  { reader, writer }: RecoverTools,
  cursor: Cursor,
  intent: Intent | null,
): Promise<Content | null> {
  const key: CursorKey = { root: cursor.facts.root, path: cursor.facts.path }
  await writer.flush()
  const latest = await latestState(reader, writer.log, key)
  if (!intent) return latest.complete && latest.content.length === cursor.position ? latest.content : null
  const file = reader.file(intent.log, key)
  if (!file || !latest.complete) return null
  const before = await fileState(reader, file, { events: intent.events }, intent.epoch)
  if (!before.complete) return null
  if (intent.keepFrom === null) return before.content
  const rest = suffix(latest.content, intent.keepFrom).pieces
  const glued = before.content.length > 0 && !(await endsWithNewline(reader, before.content))
  return concat(before.content, glued ? [{ newlines: 1 }, ...rest] : rest)
}

async function endsWithNewline(reader: LogReader, content: Content): Promise<boolean> {
  let last: number | undefined
  for await (const bytes of contentBytes(reader, suffix(content, content.length - 1))) last = bytes.at(-1)
  return last === 0x0a
}
