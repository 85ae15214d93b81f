import { conflictName } from '../../../src/engine/conflicts/conflict-id.js'
import { Streams } from '../../../src/engine/streams/streams.js'
import type { ReportedConflict } from '../checkers/same-conflicts.js'
import type { Host } from '../host.js'
import type { Machine } from './machine.js'

/** Runs `use` with the streams that a host keeps, or with ones of its own where it keeps none. */
export async function withStreams<T>(
  { world }: Machine,
  { store, streams }: Host,
  use: (streams: Streams) => Promise<T>,
): Promise<T> {
  if (streams) return use(streams)
  const { hasher } = world
  const onAdded: typeof store.onAdded = (listener) => store.onAdded(listener)
  const made = await Streams.load({ reader: store.reader, hasher, onAdded })
  try {
    return await use(made)
  } finally {
    made.close()
  }
}

/** Every conflict that a host's own streams hold at this moment, as it would tell people of them. */
export function reportedConflicts(machine: Machine, host: Host): Promise<ReportedConflict[]> {
  return withStreams(machine, host, async (streams) => {
    const found: ReportedConflict[] = []
    for (const { stream, files } of (await streams.index()).all()) {
      await streams.view(stream.key, (view) => {
        const logs = new Set(files.map(({ file }) => file.log))
        for (const conflict of view.conflicts()) {
          const name = conflictName(machine.world.hasher, stream.key, conflict.id)
          found.push({ stream: stream.key, name, logs, conflict })
        }
      })
    }
    return found
  })
}
