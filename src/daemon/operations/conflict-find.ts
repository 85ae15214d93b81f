import { HoldfastError } from '../../engine/core/errors.js'
import type { StreamView } from '../../engine/core/merge/stream-view.js'
import type { Conflict } from '../../engine/core/merge/types.js'
import { ConflictCensus } from '../../engine/conflicts/census.js'
import { conflictName } from '../../engine/conflicts/conflict-id.js'
import type { StreamEntry } from '../../engine/streams/stream-index.js'
import type { Runtime } from '../runtime.js'

const censusMeta = 'conflicts'
const censuses = new WeakMap<Runtime, Promise<ConflictCensus>>()

/** What of conflicts is known in this process; made at the first call. */
export function censusOf(runtime: Runtime): Promise<ConflictCensus> {
  const known = censuses.get(runtime)
  if (known) return known
  const { store, hasher } = runtime
  const made = runtime.streams().then((streams) =>
    ConflictCensus.load({ reader: store.reader, hasher }, streams, {
      load: () => store.getMeta(censusMeta),
      save: (text) => store.setMeta(censusMeta, text),
    }),
  )
  censuses.set(runtime, made)
  // The next call tries again.
  made.catch(() => censuses.delete(runtime))
  return made
}

/** A conflict while its stream's view is valid. */
export interface FoundConflict {
  readonly view: StreamView
  readonly entry: StreamEntry
  readonly conflict: Conflict
  /** Its id over all streams. */
  readonly id: string
}

/**
 * Runs `use` with the conflict that an id or a unique prefix of one names.
 * Throws CONFLICT_UNKNOWN, CONFLICT_AMBIGUOUS, and CONFLICT_CHANGED where it went away meanwhile.
 */
export async function withConflict<T>(
  runtime: Runtime,
  wanted: string,
  use: (found: FoundConflict) => T | Promise<T>,
): Promise<T> {
  const streams = await runtime.streams()
  const { key, id } = await placeOf(runtime, wanted)
  const result = await streams.view(key, async (view, entry) => {
    const conflict = view.conflicts().find((each) => conflictName(runtime.hasher, key, each.id) === id)
    return conflict && { value: await use({ view, entry, conflict, id }) }
  })
  if (result) return result.value
  throw new HoldfastError('CONFLICT_CHANGED', `conflict ${id} is not what it was a moment ago`)
}

async function placeOf(runtime: Runtime, wanted: string): Promise<{ key: string; id: string }> {
  const prefix = wanted.toLowerCase()
  const found: { key: string; id: string }[] = []
  for (const [key, { ids }] of await (await censusOf(runtime)).tallies())
    for (const id of ids) if (prefix !== '' && id.startsWith(prefix)) found.push({ key, id })
  const [first] = found
  if (!first) throw new HoldfastError('CONFLICT_UNKNOWN', `no conflict is named “${wanted}”`)
  if (found.length === 1) return first
  const some = found.slice(0, 5).map(({ id }) => id)
  const more = found.length > some.length ? `, and ${found.length - some.length} more` : ''
  throw new HoldfastError('CONFLICT_AMBIGUOUS', `“${wanted}” may be ${some.join(', ')}${more}`)
}
