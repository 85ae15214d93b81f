import type { HostId } from '../core/event.js'
import type { Hasher } from '../ports/hash.js'
import type { LoggedFile, LogReader } from '../ports/log.js'
import { hashHex } from '../record/cursor-of.js'
import type { StreamEntry } from '../streams/stream-index.js'

/** Files of which the last row is remembered. */
const lastMax = 4096

/** Names what other hosts, and resolutions, say of a stream: while the name is the same, nothing new was said. */
export class StreamVersions {
  readonly #reader: LogReader
  readonly #hasher: Hasher
  readonly #last = new Map<number, { readonly events: number; readonly offset: number }>()

  constructor({ reader, hasher }: { readonly reader: LogReader; readonly hasher: Hasher }) {
    this.#reader = reader
    this.#hasher = hasher
  }

  /** This host's own appends never give it reason to write, so they are left out. */
  async of({ files, resolutions }: StreamEntry, host: HostId): Promise<string> {
    const parts: string[] = resolutions.map(({ log, offset }) => `${log}:${offset}`).sort()
    for (const each of files) {
      if (each.host === host) continue
      parts.push(`${each.file.log}:${each.file.facts.path}:${await this.#lastOffset(each.file)}`)
    }
    return hashHex(this.#hasher.xxh64(Buffer.from(parts.join('\n'))))
  }

  /** Asked of the log only when it has grown since. */
  async #lastOffset(file: LoggedFile): Promise<number> {
    const events = this.#reader.log(file.log)?.events ?? 0
    const known = this.#last.get(file.no)
    if (known?.events === events) return known.offset
    const offset = (await this.#reader.lastRow(file))?.offset ?? -1
    if (this.#last.size >= lastMax) this.#last.clear()
    this.#last.set(file.no, { events, offset })
    return offset
  }
}
