import { HoldfastError } from '../../engine/core/errors.js'
import { localPath } from '../../engine/core/local-path.js'
import type { Stream } from '../../engine/core/stream.js'
import { placeInFormat } from '../../engine/formats/format.js'
import type { WatchedRoot } from '../../engine/record/watched-root.js'
import type { StreamEntry } from '../../engine/streams/stream-index.js'
import { ownLogId } from '../log-continuity.js'
import type { Runtime } from '../runtime.js'
import { realBase, watchedRoots } from '../watched-roots.js'

/** The root here that a stream's files stand below. Throws ROOT_UNKNOWN. */
export function watchedRoot(runtime: Runtime, stream: Stream): WatchedRoot {
  const roots = runtime.session?.roots ?? watchedRoots(runtime.home, runtime.config())
  const root = roots.find(({ name, format }) => name === stream.root && format.name === stream.format)
  if (root) return root
  throw new HoldfastError('ROOT_UNKNOWN', `this host has no root “${stream.root}” to write sessions below`)
}

/**
 * What stands before `Stream.rest` in the path that a stream has, or would have, on this host. Throws USAGE where it has
 * no place here.
 */
export async function streamFolder(runtime: Runtime, entry: StreamEntry, root: WatchedRoot): Promise<string> {
  const { reader } = runtime.store
  const { stream } = entry
  const own = await ownLogId(runtime)
  const host = own === null ? undefined : reader.log(own)?.host
  const mine = entry.files.filter((each) => each.host === host && each.file.facts.root === root.name)
  // Of several logs of this host the one that is written now.
  const found = mine.find(({ file }) => file.log === own) ?? mine[0]
  const path = found?.file.facts.path ?? (await derivedPath(runtime, entry, root, host))
  if (path?.endsWith(stream.rest)) return path.slice(0, path.length - stream.rest.length)
  throw new HoldfastError('USAGE', 'this session has no place on this host', {
    next: 'Split it on a host that has it, or map its project first: `holdfast project map`.',
  })
}

async function derivedPath(
  runtime: Runtime,
  { stream, files }: StreamEntry,
  { format }: WatchedRoot,
  hostId: string | undefined,
): Promise<string | null> {
  if (hostId === undefined) return null
  const streams = await runtime.streams()
  const { map } = await streams.index()
  const { reader } = runtime.store
  const known = []
  for (const { file, host } of files) {
    const kind = (await reader.lastRow(file))?.kind
    const state: 'gone' | 'live' = kind === 'remove' || kind === 'move' ? 'gone' : 'live'
    known.push({ facts: file.facts, host, state })
  }
  const here = { hostId, home: realBase(runtime.home.agents.home), platform: process.platform }
  const place = (path: string) => placeInFormat(format, path)
  const found = localPath({ stream, files: known, here, map, place })
  return found.kind === 'path' ? found.path : null
}
