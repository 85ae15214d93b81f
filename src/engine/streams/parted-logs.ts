import { HoldfastError } from '../core/errors.js'
import type { BaseBody, EventId, EventRef, LogId } from '../core/event.js'
import type { StreamEvent } from '../core/merge/types.js'
import type { StreamView } from '../core/merge/stream-view.js'
import { epochContent } from '../replay/content.js'
import { contentDigest } from '../replay/file-digest.js'
import { readOrNull, type ReadTools } from './stream-events.js'

/** Of more waiting events than this the rest is not looked at: they wait in order, and the first ones tell. */
const waitingMax = 1024

/**
 * The logs that waiting events prove to have parted: they name an event by its digest, and what stands here in its place
 * is another one. What they wait for is another writer's continuation of that log, which never comes here.
 */
export async function partedByRefs(tools: ReadTools, view: StreamView): Promise<Set<LogId>> {
  const parted = new Set<LogId>()
  for (const id of view.waiting().slice(0, waitingMax)) {
    const event = (await readOrNull(tools.reader, id))?.event
    if (!event) continue
    for (const ref of refsOf(event)) {
      const digest = await digestHere(tools, ref)
      if (digest !== null && digest !== ref.digest) parted.add(ref.log)
    }
  }
  return parted
}

/**
 * As `partedByRefs`, of what files go on from: by the digest of what a `base` refers to.
 * @param bases `base` events that go on from another log; those that are seen to be right are taken out
 */
export async function partedByBases(tools: ReadTools, bases: Map<string, EventId>): Promise<Set<LogId>> {
  const parted = new Set<LogId>()
  for (const [name, id] of bases) {
    const body = (await readOrNull(tools.reader, id))?.event.body
    if (body?.kind !== 'base') continue
    const holds = await baseHolds(tools, id.log, body)
    if (holds === 'yes') bases.delete(name)
    if (holds === 'no') parted.add(body.source.log)
  }
  return parted
}

/** Whether what a `base` of a log goes on from is what stands here. unknown: not all that its writer had is here. */
export async function baseHolds(
  { reader, hasher }: ReadTools,
  log: LogId,
  { source, length, digest }: BaseBody,
): Promise<'yes' | 'no' | 'unknown'> {
  const found = await orNull(async () =>
    contentDigest(hasher, reader, await epochContent(reader, source, length)),
  )
  if (found !== null) return found === digest ? 'yes' : 'no'
  // Where all is here that its host had of that log, and it is not among it, this is another continuation.
  const opened = (await readOrNull(reader, { log, offset: 0 }))?.event.body
  const before =
    opened?.kind === 'open' ? opened.continues.find((each) => each.log === source.log) : undefined
  const held = reader.log(source.log)
  const isAllHere = before && held && held.events >= before.events && held.lost.length === 0
  return isAllHere ? 'no' : 'unknown'
}

/** The first 16 digits of the digest of what stands here under a name; null where nothing does. */
export async function digestHere({ reader, hasher }: ReadTools, ref: EventRef): Promise<string | null> {
  const here = await readOrNull(reader, ref)
  return here ? Buffer.from(hasher.sha256(here.encoded)).toString('hex').slice(0, 16) : null
}

/** What can't be read proves nothing. */
export async function orFalse(ask: () => Promise<boolean>): Promise<boolean> {
  return (await orNull(ask)) ?? false
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'STORE_DAMAGED') return null
    throw error
  }
}

function refsOf({ parents, body }: StreamEvent['event']): readonly EventRef[] {
  return 'heads' in body ? [...parents, ...body.heads] : parents
}
