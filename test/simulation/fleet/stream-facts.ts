import { createHash } from 'node:crypto'

import {
  isFileEvent,
  type EventRef,
  type LogId,
  type Piece,
  type ResolveBody,
} from '../../../src/engine/core/event.js'
import type { StreamEvent } from '../../../src/engine/core/merge/types.js'
import type { Stream } from '../../../src/engine/core/stream.js'
import type { LogReader } from '../../../src/engine/ports/log.js'
import { contentBytes, epochContent } from '../../../src/engine/replay/content.js'
import { projectMap, sessionFiles } from '../../../src/engine/replay/select.js'
import { HoldfastError } from '../../../src/engine/core/errors.js'

/** A stream with all events of it that one store holds, in the order in which they came there. */
export interface StreamFacts {
  readonly stream: Stream
  readonly path: string
  readonly events: readonly StreamEvent[]
}

/** All that a store holds, by stream. `order` tells in which order its events came. */
export async function streamFacts(
  reader: LogReader,
  order: Iterable<{ readonly log: LogId; readonly offset: number }>,
): Promise<ReadonlyMap<string, StreamFacts>> {
  const logs = reader.logs().map(({ log }) => log)
  const streams = new Map<string, { stream: Stream; path: string; events: StreamEvent[] }>()
  const byFile = new Map<string, string>()
  for (const { file, stream } of sessionFiles(reader, logs, await projectMap(reader))) {
    byFile.set(fileName(file.log, file.facts), stream.key)
    if (!streams.has(stream.key)) streams.set(stream.key, { stream, path: file.facts.path, events: [] })
  }
  for (const { log, offset } of order) {
    const found = await reader.read({ log, offset }).catch(() => null)
    const info = reader.log(log)
    if (!found || !info) continue
    const { event } = found
    const { body } = event
    if (!('epoch' in body) && body.kind !== 'resolve') continue
    const key =
      body.kind === 'resolve'
        ? await decidedStream(reader, byFile, body)
        : byFile.get(fileName(log, body.file))
    const facts = key === undefined ? undefined : streams.get(key)
    if (!facts) continue
    const digest = createHash('sha256').update(found.encoded).digest('hex')
    const source =
      body.kind === 'base' && byFile.get(fileName(body.source.log, body.source)) !== key
        ? await sourceOf(reader, body.source, body.length)
        : undefined
    facts.events.push({ event, digest, host: info.host, ...(source ? { source } : {}) })
  }
  return streams
}

/** The stream of the events that a decision names; what it takes back may be decisions. */
async function decidedStream(
  reader: LogReader,
  byFile: ReadonlyMap<string, string>,
  { heads }: ResolveBody,
): Promise<string | undefined> {
  for (const { log, offset } of heads) {
    const { body } = (await reader.read({ log, offset }).catch(() => null))?.event ?? {}
    if (body === undefined) continue
    if (body.kind === 'resolve') {
      const key = await decidedStream(reader, byFile, body)
      if (key !== undefined) return key
    } else if (isFileEvent(body)) return byFile.get(fileName(log, body.file))
  }
  return undefined
}

export function refText({ log, offset, digest }: EventRef): string {
  return `${log}@${offset}#${digest}`
}

async function sourceOf(
  reader: LogReader,
  source: Parameters<typeof epochContent>[1],
  length: number,
): Promise<{ pieces: readonly Piece[]; bytes: Uint8Array } | undefined> {
  try {
    const content = await epochContent(reader, source, length)
    const parts: Uint8Array[] = []
    for await (const bytes of contentBytes(reader, content)) parts.push(bytes)
    return { pieces: content.pieces, bytes: Buffer.concat(parts) }
  } catch (error) {
    if (error instanceof HoldfastError) return undefined
    throw error
  }
}

function fileName(log: LogId, { root, path }: { readonly root: string; readonly path: string }): string {
  return `${log}\0${root}\0${path}`
}
