import { HoldfastError } from '../core/errors.js'
import type { EventId, HostId } from '../core/event.js'
import type { StreamEvent } from '../core/merge/types.js'
import type { Hasher } from '../ports/hash.js'
import type { LoggedEvent, LogReader } from '../ports/log.js'
import { contentBytes, epochContent } from '../replay/content.js'
import type { StreamEntry } from './stream-index.js'

export interface ReadTools {
  readonly reader: LogReader
  readonly hasher: Hasher
}

/**
 * An event as the merge takes it, or null where it is not here whole.
 * @param entry the stream it belongs to: a `base` on a file outside of it brings that file's content along
 */
export async function streamEvent(
  { reader, hasher }: ReadTools,
  entry: StreamEntry,
  id: EventId,
  host: HostId,
): Promise<StreamEvent | null> {
  const logged = await readOrNull(reader, id)
  if (!logged) return null
  const { event } = logged
  const digest = Buffer.from(hasher.sha256(logged.encoded)).toString('hex')
  const { body } = event
  if (body.kind !== 'base') return { event, digest, host }
  const { source, length } = body
  const inside = entry.files.some(
    ({ file }) =>
      file.log === source.log && file.facts.root === source.root && file.facts.path === source.path,
  )
  if (inside) return { event, digest, host }
  try {
    const content = await epochContent(reader, source, length)
    const parts: Uint8Array[] = []
    for await (const part of contentBytes(reader, content)) parts.push(part)
    return { event, digest, host, source: { pieces: content.pieces, bytes: Buffer.concat(parts) } }
  } catch (error) {
    // What it continues is not here: the event waits, as one whose parent is missing does.
    if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return { event, digest, host }
    throw error
  }
}

export async function readOrNull(reader: LogReader, id: EventId): Promise<LoggedEvent | null> {
  try {
    return await reader.read(id)
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return null
    throw error
  }
}
