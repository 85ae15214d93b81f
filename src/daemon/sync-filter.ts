import type { FileFacts, LogId } from '../engine/core/event.js'
import { deriveStream, type Stream } from '../engine/core/stream.js'
import type { ProjectMap } from '../engine/core/project-map.js'
import { findFormat, placeInFormat } from '../engine/formats/format.js'
import type { LogReader } from '../engine/ports/log.js'
import type { Withhold } from '../engine/ports/replica.js'
import { projectMap } from '../engine/replay/select.js'
import type { SyncFilter } from '../transport/sync/sync-types.js'

/**
 * What a filter keeps back of the logs here: all that is about none of the named projects (by name or folder), or about
 * none of the named sessions (by id, the beginning of one, or path). What stands beside a session, such as its subagents, goes
 * with it. By the project map of this moment: a session that goes on later follows it.
 */
export async function syncFilter(reader: LogReader, filter: SyncFilter): Promise<Withhold> {
  const map = await projectMap(reader)
  const known = new Map<string, boolean>()
  const passes = (log: LogId, file: FileFacts): boolean => {
    const id = JSON.stringify([log, file.root, file.path, file.home, file.cwd])
    const result = known.get(id) ?? isOf(reader, map, filter, log, file)
    known.set(id, result)
    return result
  }
  const streams = new Set<string>()
  for (const { log, facts } of reader.files()) {
    if (passes(log, facts)) streams.add(streamOf(reader, map, log, facts).key)
  }
  return (log, subject) => {
    switch (subject.kind) {
      case 'file':
        return !passes(log, subject.file)
      case 'stream':
        return !streams.has(subject.stream)
      case 'other':
        return true
    }
  }
}

function isOf(
  reader: LogReader,
  map: ProjectMap,
  { projects, sessions }: SyncFilter,
  log: LogId,
  file: FileFacts,
): boolean {
  // A file stands beside the session whose path, without its ending, is a folder above it.
  const owners = parentsOf(file.path).map((folder) => ({ ...file, path: `${folder}.jsonl` }))
  const { project, folder } = streamOf(reader, map, log, file)
  if (projects.length > 0 && !projects.includes(project) && !projects.includes(folder)) return false
  if (sessions.length === 0) return true
  return [file, ...owners].some((each) => {
    const { session } = streamOf(reader, map, log, each)
    return sessions.some((wanted) => isSession(wanted, session, each.path))
  })
}

function isSession(wanted: string, session: string, path: string): boolean {
  if (wanted.includes('/')) return wanted === path || wanted.endsWith(`/${path}`)
  return wanted !== '' && session.startsWith(wanted)
}

function streamOf(reader: LogReader, map: ProjectMap, log: LogId, file: FileFacts): Stream {
  const format = findFormat(file.format)
  const { path } = file
  const place = format
    ? placeInFormat(format, path)
    : { projectFolder: '', sessionId: path, name: path, unique: 'root' as const }
  return deriveStream(file, reader.log(log)?.host ?? '', place, map)
}

/** The folders above a path, without the root. */
function parentsOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1)
  return segments.map((_, i) => segments.slice(0, i + 1).join('/'))
}
