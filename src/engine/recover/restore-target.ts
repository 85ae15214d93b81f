import type { Cursor, CursorKey } from '../core/cursor.js'
import { HoldfastError } from '../core/errors.js'
import { concat, prefix, suffix, type Content } from '../core/replay-plan.js'
import type { RestoreIntent, LogReader } from '../ports/log.js'
import { contentBytes, fileState, latestState } from '../replay/content.js'
import type { RecoverTools } from './recover-tools.js'

/**
 * What should stand in place of a damaged file, or null where the log can't say.
 *
 * Without an intent: what was recorded last. With one, the generation before the damage, and after it what somebody
 * wrote behind the damage: an agent that went on in a file with a run of NULs has its new records kept.
 */
export async function restoreTarget(
  tools: RecoverTools,
  cursor: Cursor,
  intent: RestoreIntent | null,
): Promise<Content | null> {
  try {
    return await targetOf(tools, cursor, intent)
  } catch (error) {
    // Events that it is made of are lost, perhaps a whole epoch: that must not keep other files from being mended.
    const codes = ['STORE_DAMAGED', 'WHEN_INVALID']
    if (error instanceof HoldfastError && codes.includes(error.code)) return null
    throw error
  }
}

async function targetOf(
  { reader, writer }: RecoverTools,
  cursor: Cursor,
  intent: RestoreIntent | null,
): Promise<Content | null> {
  const key: CursorKey = { root: cursor.facts.root, path: cursor.facts.path }
  await writer.flush()
  const latest = await latestState(reader, writer.log, key)
  if (!intent) return latest.complete && latest.content.length === cursor.position ? latest.content : null
  const file = reader.file(intent.log, key)
  if (!file || !latest.complete) return null
  // The damaged generation is over: a repair that was cut short once its file was in place, or somebody's rewrite.
  if (latest.epoch > intent.epoch + 1) return latest.content
  const before = await fileState(reader, file, { events: intent.events }, intent.epoch)
  if (!before.complete) return null
  const rest = await behindDamage(reader, before.content, latest.content, intent.keepFrom)
  return concat(before.content, rest.pieces)
}

/**
 * What the damaged generation holds beyond the recorded one. A run of NULs that ends within what was recorded may have
 * the rest of it behind: then what follows continues the recorded bytes as it is. Otherwise somebody appended to what
 * the damage left, and that begins on a line of its own.
 */
async function behindDamage(
  reader: LogReader,
  recorded: Content,
  damaged: Content,
  from: number | null,
): Promise<Content> {
  const nothing = suffix(damaged, damaged.length)
  if (from === null || from >= damaged.length) return nothing
  const survived = from < recorded.length && (await sameButForNuls(reader, recorded, damaged, from))
  const behind = suffix(damaged, survived ? recorded.length : from)
  const lost = await leadingNuls(reader, behind)
  const rest = suffix(behind, lost)
  const continues = survived && lost === 0
  if (rest.length === 0 || continues || (await endsWithNewline(reader, recorded))) return rest
  return concat({ pieces: [{ newlines: 1 }], length: 1 }, rest.pieces)
}

/** Whether both hold the same from byte `from` up to the end of the shorter one, where the second has no NUL. */
async function sameButForNuls(
  reader: LogReader,
  recorded: Content,
  damaged: Content,
  from: number,
): Promise<boolean> {
  const to = Math.min(recorded.length, damaged.length)
  const others = contentBytes(reader, suffix(prefix(damaged, to), from))
  let other: Uint8Array = new Uint8Array()
  for await (let bytes of contentBytes(reader, suffix(prefix(recorded, to), from))) {
    while (bytes.length > 0) {
      if (other.length === 0) other = (await others.next()).value ?? new Uint8Array()
      const length = Math.min(bytes.length, other.length)
      if (length === 0 || !sameWhereNoNul(bytes.subarray(0, length), other.subarray(0, length))) return false
      bytes = bytes.subarray(length)
      other = other.subarray(length)
    }
  }
  return true
}

function sameWhereNoNul(recorded: Uint8Array, damaged: Uint8Array): boolean {
  if (Buffer.compare(recorded, damaged) === 0) return true
  return damaged.every((byte, i) => byte === 0 || byte === recorded[i])
}

async function leadingNuls(reader: LogReader, content: Content): Promise<number> {
  let count = 0
  for await (const bytes of contentBytes(reader, content)) {
    const end = bytes.findIndex((byte) => byte !== 0)
    if (end !== -1) return count + end
    count += bytes.length
  }
  return count
}

async function endsWithNewline(reader: LogReader, content: Content): Promise<boolean> {
  let last: number | undefined
  for await (const bytes of contentBytes(reader, suffix(content, content.length - 1))) last = bytes.at(-1)
  return last === 0x0a
}
