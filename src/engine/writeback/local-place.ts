import type { LogId } from '../core/event.js'
import { localCwd, type RemoteFile } from '../core/local-cwd.js'
import { localPath } from '../core/local-path.js'
import { findFormat, placeInFormat } from '../formats/format.js'
import { isWrittenBack } from '../formats/written-back.js'
import { absolutePath, kindOf, type WatchedRoot } from '../record/watched-root.js'
import { knownFacts } from '../replay/stream-of.js'
import type { StreamEntry, StreamIndex } from '../streams/stream-index.js'
import type { WriteTools } from './write-tools.js'

export type LocalPlace =
  | {
      readonly kind: 'place'
      readonly root: WatchedRoot
      readonly path: string
      /** The session's working directory on this machine; null where it can't be told. */
      readonly cwd: string | null
    }
  /** It has no place here, which somebody can change: `reason` says how. */
  | { readonly kind: 'homeless'; readonly reason: string }
  /** Not a file that this host keeps. */
  | { readonly kind: 'none' }

/** Where a stream's file stands, or is to stand, on this machine. */
export async function localPlace(
  tools: WriteTools,
  index: StreamIndex,
  entry: StreamEntry,
  home: { readonly home: string; readonly platform: string },
): Promise<LocalPlace> {
  const { stream } = entry
  const root = tools.roots.find(({ name }) => name === stream.root)
  const format = findFormat(stream.format)
  if (!root || !format || root.format.name !== stream.format) return { kind: 'none' }
  const here = { hostId: tools.host, home: home.home, platform: home.platform }
  const own = ownPath(tools, entry)
  if (own !== null) {
    if (!isOurs(root, own)) return { kind: 'none' }
    const others = entry.files.map(({ file, host }) => ({ facts: knownFacts(tools.reader, file), host }))
    return { kind: 'place', root, path: own, cwd: localCwd(others, here, index.map) }
  }
  const files: RemoteFile[] = []
  for (const { file, host } of entry.files)
    files.push({
      facts: knownFacts(tools.reader, file),
      host,
      state: stateAfter((await tools.reader.lastRow(file))?.kind),
    })
  const mapped = localPath({
    stream,
    files,
    here,
    map: index.map,
    place: (path) => placeInFormat(format, path),
    listFolders: (parent) => folders(tools, absolutePath(root, parent)),
    occupant: (path) => occupant(tools, index, tools.writer.log, { root: root.name, path }),
  })
  if (mapped.kind === 'none') return { kind: 'homeless', reason: mapped.text }
  if (!isOurs(root, mapped.path)) return { kind: 'none' }
  return { kind: 'place', root, path: mapped.path, cwd: mapped.cwd }
}

/** Where this host's own file of the stream stands. */
function ownPath({ cursors, host }: WriteTools, { files }: StreamEntry): string | null {
  for (const each of files) {
    if (each.host !== host) continue
    const { root, path } = each.file.facts
    if (cursors.get({ root, path })?.state === 'live') return path
  }
  return null
}

function isOurs(root: WatchedRoot, path: string): boolean {
  return kindOf(root, path) !== null && isWrittenBack(root.format.name, path)
}

function stateAfter(kind: string | undefined): 'live' | 'gone' {
  return kind === 'remove' || kind === 'move' ? 'gone' : 'live'
}

function folders({ files }: WriteTools, folder: string): string[] {
  const entries = files.list(folder)?.entries ?? []
  return entries.filter(({ type }) => type === 'directory').map(({ name }) => name)
}

function occupant(
  { reader }: WriteTools,
  index: StreamIndex,
  log: LogId,
  key: { readonly root: string; readonly path: string },
): string | null {
  const file = reader.file(log, key)
  return (file && index.ofFile(file)?.stream.key) ?? null
}
