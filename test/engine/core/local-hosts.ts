import type { LocalHost, RemoteFile } from '../../../src/engine/core/local-cwd.js'
import { localPath, type LocalPath, type LocalPathInput } from '../../../src/engine/core/local-path.js'
import {
  buildProjectMap,
  emptyProjectMap,
  type Alias,
  type ProjectMap,
} from '../../../src/engine/core/project-map.js'
import { deriveStream, type Stream } from '../../../src/engine/core/stream.js'
import { formatNamed, placeInFormat } from '../../../src/engine/formats/format.js'

export const mac: LocalHost = { hostId: 'mac', home: '/Users/me', platform: 'darwin' }
export const box: LocalHost = { hostId: 'box', home: '/home/tca', platform: 'linux' }
export const pod: LocalHost = { hostId: 'pod', home: '/root', platform: 'linux' }
export const win: LocalHost = { hostId: 'win', home: 'C:\\Users\\me', platform: 'win32' }
export const bare: LocalHost = { hostId: 'bare', home: '/', platform: 'linux' }

export const long = Array.from({ length: 30 }, (_, i) => `part-${i}-x`).join('/')

export function mapOf(...entries: [project: string, path: string | null, host: string | null][]): ProjectMap {
  return buildProjectMap(
    entries.map(([project, path, host], index): Alias => {
      return { project, path, host, time: { ms: index, counter: 0 }, log: 'l', offset: index, by: 'a' }
    }),
  )
}

export function fileOn(host: LocalHost, path: string, cwd: string | null, format = 'claude'): RemoteFile {
  return { facts: { root: format, format, path, home: host.home, cwd }, host: host.hostId }
}

export function streamOf({ facts, host }: RemoteFile, map = emptyProjectMap): Stream {
  return deriveStream(facts, host, placeInFormat(formatNamed(facts.format), facts.path), map)
}

export type Extra = Partial<Pick<LocalPathInput, 'listFolders' | 'occupant'>>

export function locate(
  files: readonly RemoteFile[],
  here: LocalHost,
  map = emptyProjectMap,
  extra: Extra = {},
): LocalPath {
  const [first] = files
  if (!first) throw new Error('no file given')
  const format = formatNamed(first.facts.format)
  const place = (path: string) => placeInFormat(format, path)
  return localPath({ stream: streamOf(first, map), files, here, map, place, ...extra })
}

export const at = (path: string, cwd: string | null) => ({ kind: 'path', path, cwd })
export const refused = (reason: string) => ({ kind: 'none', reason })
