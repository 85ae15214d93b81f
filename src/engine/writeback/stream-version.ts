import type { HostId } from '../core/event.js'
import type { Hasher } from '../ports/hash.js'
import type { LogReader } from '../ports/log.js'
import { hashHex } from '../record/cursor-of.js'
import type { StreamEntry } from '../streams/stream-index.js'

/**
 * A short name for all that other hosts, and resolutions, say of a stream. This host's own appends never give it reason
 * to write, so they are left out.
 */
export async function versionOf(
  reader: LogReader,
  hasher: Hasher,
  { files, resolutions }: StreamEntry,
  host: HostId,
): Promise<string> {
  const parts: string[] = resolutions.map(({ log, offset }) => `${log}:${offset}`).sort()
  for (const each of files) {
    if (each.host === host) continue
    const last = await reader.lastRow(each.file)
    parts.push(`${each.file.log}:${each.file.facts.path}:${last?.offset ?? -1}`)
  }
  return hashHex(hasher.xxh64(Buffer.from(parts.join('\n'))))
}
