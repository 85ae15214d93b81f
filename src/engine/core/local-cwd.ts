import type { FileFacts, HostId } from './event.js'
import { expandHome, isWindowsPath, pathBelow, plainPath } from './host-path.js'
import { placeOfPath } from './project-folder.js'
import { mappingsOn, type ProjectMap } from './project-map.js'
import { limits } from './limits.js'

/** This machine, as far as paths go. */
export interface LocalHost {
  readonly hostId: HostId
  /** Absolute; '' or the root folder where the user has none. */
  readonly home: string
  /** `process.platform`. */
  readonly platform: string
}

/** One host's file of a stream, by the latest facts. */
export interface RemoteFile {
  readonly facts: FileFacts
  readonly host: HostId
  /** gone: removed, or moved to another path. Default: live. */
  readonly state?: 'live' | 'gone'
}

/** The folders that a host has a project in: its own word first, then what holds everywhere; the latest first. */
export function projectFoldersOn(map: ProjectMap, host: HostId, home: string, project: string): string[] {
  const newestFirst = mappingsOn(map, host)
    .filter((mapping) => mapping.project === project)
    .toReversed()
  const own = newestFirst.filter((mapping) => mapping.host !== null)
  const general = newestFirst.filter((mapping) => mapping.host === null)
  return [...own, ...general].flatMap(({ path }) => expandHome(path, home) ?? [])
}

/**
 * A session's working directory in this host's terms: where its project is mapped here, the same place below the home,
 * or the same path where platforms agree. null where none of them tells.
 */
export function localCwd(files: readonly RemoteFile[], here: LocalHost, map: ProjectMap): string | null {
  let same: string | null = null
  for (const { facts, host } of files) {
    const { cwd, home } = facts
    if (cwd === null || cwd.length > limits.pathMaxBytes) continue
    const place = placeOfPath(cwd, home, mappingsOn(map, host))
    if (place.kind === 'folder') {
      if (same === null && isWindowsPath(cwd) === (here.platform === 'win32')) same = joined(cwd, '')
      continue
    }
    const mapped = place.kind === 'mapped'
    const from = mapped ? projectFoldersOn(map, host, home, place.project) : [home]
    const to = mapped ? projectFoldersOn(map, here.hostId, here.home, place.project) : homes(here.home)
    const below = from.map((folder) => pathBelow(cwd, folder)).filter((found) => found !== null)
    const rest = below.toSorted((a, b) => a.length - b.length)[0]
    if (to[0] !== undefined && rest !== undefined) return joined(to[0], rest)
  }
  return same
}

/** The home, unless it is the root folder: that would claim every path. */
export function homes(home: string): string[] {
  return plainPath(home) === '' ? [] : [home]
}

/** `rest` ('' or `/…`) below an absolute folder, in the spelling of the folder's platform. */
export function joined(folder: string, rest: string): string {
  const path = plainPath(folder) + rest
  if (path === '') return '/'
  return isWindowsPath(folder) && folder.includes('\\') ? path.replaceAll('/', '\\') : path
}
