import type { FileFacts, HostId } from '../core/event.js'
import type { ProjectMap } from '../core/project-map.js'
import { deriveStream, type Stream } from '../core/stream.js'
import { findFormat, placeInFormat } from '../formats/format.js'
import { sessionFileOf } from '../formats/session-file.js'
import type { LoggedFile, LogReader } from '../ports/log.js'

/** The stream that a file of a log belongs to. A format that only a newer Holdfast knows goes by its path. */
export function streamOfFile(
  reader: Pick<LogReader, 'file'>,
  file: LoggedFile,
  host: HostId,
  map: ProjectMap,
): Stream {
  const { path } = file.facts
  const format = findFormat(file.facts.format)
  const place = format
    ? placeInFormat(format, path)
    : { projectFolder: '', sessionId: path, name: path, unique: 'root' as const }
  return deriveStream(knownFacts(reader, file), host, place, map)
}

/**
 * A file's facts, with the working directory of its session where its own bytes name none: a tool's output belongs to
 * the project that its session belongs to.
 */
export function knownFacts(reader: Pick<LogReader, 'file'>, { log, facts }: LoggedFile): FileFacts {
  if (facts.cwd !== null) return facts
  const session = sessionFileOf(facts.format, facts.path)
  const cwd =
    session === null ? null : (reader.file(log, { root: facts.root, path: session })?.facts.cwd ?? null)
  return cwd === null ? facts : { ...facts, cwd }
}
