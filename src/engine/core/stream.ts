import type { FileFacts, HostId } from './event.js'
import { placeOfFolder, placeOfPath, type ProjectPlace } from './project-folder.js'
import { mappingsOn, type Mapping, type ProjectMap } from './project-map.js'

/** How a file's format reads its path. Formats make it (`placeInFormat`), since core knows no format. */
export interface StreamPlace {
  /** The project's folder as on disk, relative to the root's base; '' where the format has none. */
  readonly projectFolder: string
  /** The id people use for the session. */
  readonly sessionId: string
  /** What names the stream: the path inside the project folder, or a name that no other file of the root has. */
  readonly name: string
  /** root: `name` is unique below the whole root, so the stream stays the same whatever folder holds it. */
  readonly unique: 'project' | 'root'
}

/** One session file as all hosts know it. */
export interface Stream {
  /** Equal on every host for the same session; no two roots, formats, projects or names share one. */
  readonly key: string
  readonly root: string
  readonly format: string
  /** The logical name that people see: a mapped project's name, `~-code-x` under a home, else a folder; or ''. */
  readonly project: string
  /** The project folder in the words that hosts share, as in the key: what write-back turns into a local folder. */
  readonly folder: string
  /** Session id. */
  readonly session: string
  /** Path inside the project, or what stands for it (`StreamPlace.name`). */
  readonly rest: string
}

/**
 * The stream that a host's file belongs to. Pure: every host that holds the same events derives the same stream.
 *
 * Derive it from the LATEST facts of a file (its cursor, or the highest offset of that log that names the file).
 * Facts improve: a session's first line often names no directory, its second one does. The key differs between the
 * two only where the slug alone misleads: a neighbour of the home directory (`/Users/me-too/x`), a folder below a
 * mapped one, a folder name that was cut. So the key is never stored as the file's identity; whoever indexes
 * by it moves the entry when newer facts or aliases arrive.
 *
 * Where the format has no project folder, or the name is unique below the root (a Codex rollout, which moves between
 * folders), the key ignores the working directory altogether; the project is then for display.
 */
export function deriveStream(facts: FileFacts, host: HostId, place: StreamPlace, map: ProjectMap): Stream {
  const mappings = mappingsOn(map, host)
  const { folder, project } = projectOf(facts, place, mappings)
  const keyed = place.unique === 'project' ? folder : ''
  return {
    key: `${escaped(facts.root)}:${escaped(facts.format)}:${keyed}:${place.name}`,
    root: facts.root,
    format: facts.format,
    project,
    folder,
    session: place.sessionId,
    rest: place.name,
  }
}

function projectOf(
  facts: FileFacts,
  place: StreamPlace,
  mappings: readonly Mapping[],
): { folder: string; project: string } {
  if (place.projectFolder === '') {
    if (facts.cwd === null) return { folder: '', project: '' }
    return { folder: '', project: nameOf(placeOfPath(facts.cwd, facts.home, mappings)) }
  }
  // A root over several users' folders has segments before the project's own; they stay as they are.
  const segments = place.projectFolder.split('/')
  const last = segments.pop() ?? ''
  const found = placeOfFolder(last, facts.cwd, facts.home, mappings)
  const lead = segments.map((segment) => `${literal(segment)}/`).join('')
  return { folder: lead + sharedName(found), project: nameOf(found) }
}

function nameOf(place: ProjectPlace): string {
  if (place.kind === 'mapped') return place.project
  return place.kind === 'home' ? `~${place.below}` : place.folder
}

/** `@project`, `@project/-below`, `~`, `~-below` or a folder; each can be told from the others. */
function sharedName(place: ProjectPlace): string {
  if (place.kind === 'folder') return literal(place.folder)
  if (place.kind === 'home') return `~${place.below}`
  const project = `@${escaped(place.project).replaceAll('/', '%2F')}`
  return place.below === '' ? project : `${project}/${place.below}`
}

/** A folder name that cannot be taken for a home's or a mapped project's. */
function literal(folder: string): string {
  return escaped(folder).replace(/^[~@]/, (mark) => (mark === '~' ? '%7E' : '%40'))
}

/** Keeps `:` for the fields of a key. Only the last field, the name, needs none of it. */
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll(':', '%3A')
}
