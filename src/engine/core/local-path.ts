import { isWindowsPath, pathBelow, plainPath } from './host-path.js'
import { limits } from './limits.js'
import { homes, joined, localCwd, projectFoldersOn, type LocalHost, type RemoteFile } from './local-cwd.js'
import type { ProjectMap } from './project-map.js'
import { whyUnsafe } from './safe-path.js'
import { slugMatches, slugMaxChars, slugOf, wholeSlug } from './slug.js'
import { deriveStream, type Stream, type StreamPlace } from './stream.js'

export interface LocalPathInput {
  readonly stream: Stream
  /** The files that hosts have of it. */
  readonly files: readonly RemoteFile[]
  readonly here: LocalHost
  readonly map: ProjectMap
  /** How the stream's format reads a path (`placeInFormat`). */
  readonly place: (path: string) => StreamPlace
  /** Names of the folders on disk in a folder below the root's base ('' for the base itself). Default: none. */
  readonly listFolders?: (parent: string) => readonly string[]
  /** The key of the stream whose file stands, or will stand, at a path of this root here. Default: none does. */
  readonly occupant?: (path: string) => string | null
}

export type NoPathReason = 'unmapped-project' | 'unsafe' | 'ambiguous' | 'other-platform'

export type LocalPath =
  | {
      readonly kind: 'path'
      /** Relative to the root's base, with `/`. */
      readonly path: string
      /** The session's working directory in this host's terms; null where it can't be told. */
      readonly cwd: string | null
    }
  /** `text` says why, for people, and what they can do. */
  | { readonly kind: 'none'; readonly reason: NoPathReason; readonly text: string }

type None = Extract<LocalPath, { kind: 'none' }>

/** A folder in the words that hosts share, taken apart: the inverse of what `deriveStream` puts together. */
interface SharedFolder {
  /** Folders before the project's own, as on every host. */
  readonly lead: readonly string[]
  readonly kind: 'mapped' | 'home' | 'literal'
  /** The mapped project's name, or the literal folder's. */
  readonly name: string
  /** The slug of what follows the project's folder or the home: '' or `-…`. */
  readonly below: string
}

/**
 * Where a stream that other hosts hold belongs on this host: the inverse of `deriveStream`. Whatever it returns derives
 * the very same stream again here, from the working directory that the file's own lines name; where no path does, the
 * stream has no place here until people say where its project is. Two streams get one path only where they are one
 * file to this host's agent; `occupant` tells those apart.
 */
export function localPath(input: LocalPathInput): LocalPath {
  const { stream, files, here, map } = input
  const known = files.toSorted(liveThenPath)
  const first = known[0]
  if (first === undefined) return none('ambiguous', `no host’s file of “${stream.session}” is known`)

  const { projectFolder, unique } = input.place(first.facts.path)
  if (projectFolder === '' || unique === 'root') {
    const cwd = localCwd(known, here, map)
    return firstFitting(
      input,
      known.map(({ facts }) => ({ kind: 'path', path: facts.path, cwd })),
    )
  }

  const folder = sharedFolder(stream.folder)
  const candidates = folder.kind === 'literal' ? [literalPath(folder, input)] : slugPaths(folder, input)
  if (candidates.length > 0) return firstFitting(input, candidates)
  if (folder.kind === 'home') {
    return none(
      'unmapped-project',
      `this host has no home directory to keep “${stream.project}” below; say where each host has it with \`holdfast project map\``,
    )
  }
  return none(
    'unmapped-project',
    `this host has no folder for project “${folder.name}”; name one with \`holdfast project map ${folder.name} PATH\``,
  )
}

function none(reason: NoPathReason, text: string): None {
  return { kind: 'none', reason, text }
}

/** Live files first, since a rollout that moved leaves its older path behind; then by path, equal on every host. */
function liveThenPath(a: RemoteFile, b: RemoteFile): number {
  const gone = Number(a.state === 'gone') - Number(b.state === 'gone')
  return gone || (a.facts.path < b.facts.path ? -1 : a.facts.path > b.facts.path ? 1 : 0)
}

/** The first candidate that is safe, derives the stream, and is nobody else's; else why the first one is not. */
function firstFitting(input: LocalPathInput, candidates: readonly LocalPath[]): LocalPath {
  let refused: LocalPath | null = null
  for (const candidate of candidates) {
    const found = candidate.kind === 'path' ? checked(input, candidate) : candidate
    if (found.kind === 'path') return found
    refused ??= found
  }
  return refused ?? none('ambiguous', `no path here derives “${input.stream.key}”`)
}

function checked(input: LocalPathInput, found: Extract<LocalPath, { kind: 'path' }>): LocalPath {
  const { stream, files, here, map } = input
  const { path } = found
  const unsafe = whyUnsafe(path, here.platform)
  if (unsafe !== null) return none('unsafe', `“${path}” is not written: ${unsafe}`)
  // The file will hold lines of one of these, so its first line names one of their directories.
  const named = new Set(files.flatMap(({ facts }) => facts.cwd ?? []))
  const { root, format } = stream
  for (const cwd of named.size === 0 ? [null] : named) {
    const facts = { root, format, path, home: here.home, cwd }
    const derived = deriveStream(facts, here.hostId, input.place(path), map)
    if (derived.key === stream.key) continue
    return none(
      'ambiguous',
      `here “${path}” is of project “${derived.project}”, not of “${stream.project}”; say where each host has the project with \`holdfast project map\``,
    )
  }
  const other = input.occupant?.(path) ?? null
  if (other !== null && other !== stream.key) {
    return none('ambiguous', `“${path}” is another session’s file here`)
  }
  return found
}

function sharedFolder(folder: string): SharedFolder {
  const segments = folder.split('/')
  const last = segments.pop() ?? ''
  const before = segments.at(-1) ?? ''
  // A literal folder never begins with either mark: `deriveStream` escapes them.
  const isBelow = before.startsWith('@')
  const lead = (isBelow ? segments.slice(0, -1) : segments).map(unescaped)
  if (isBelow) return { lead, kind: 'mapped', name: unescaped(before.slice(1)), below: last }
  if (last.startsWith('@')) return { lead, kind: 'mapped', name: unescaped(last.slice(1)), below: '' }
  if (last.startsWith('~')) return { lead, kind: 'home', name: '', below: last.slice(1) }
  return { lead, kind: 'literal', name: unescaped(last), below: '' }
}

function unescaped(text: string): string {
  return text.replace(/%(25|2F|3A|40|7E)/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

/** The same place below each folder that this host has the project in, or below its home. */
function slugPaths(folder: SharedFolder, input: LocalPathInput): LocalPath[] {
  const { here, map, stream } = input
  const isMapped = folder.kind === 'mapped'
  const bases = isMapped ? projectFoldersOn(map, here.hostId, here.home, folder.name) : homes(here.home)
  return bases.map((base): LocalPath => {
    const plain = plainPath(base)
    const rest = findBelow(folder, base, input)
    const whole = plain === '' ? folder.below || '-' : wholeSlug(plain) + folder.below
    const real = rest === null ? null : plain + rest.below
    const name = folderName(whole, real, isWindowsPath(base), folder.lead, input)
    const cwd = rest === null ? null : joined(base, rest.below + rest.deeper)
    return { kind: 'path', path: [...folder.lead, name, stream.rest].join('/'), cwd }
  })
}

/** A folder that lies below no home and no mapped project: named alike everywhere, unless its name had to be cut. */
function literalPath(folder: SharedFolder, input: LocalPathInput): LocalPath {
  const { files, here, map, stream } = input
  const { lead, name } = folder
  const real = findBelow({ ...folder, below: name }, '', input)?.below ?? null
  const isWindows = real === null ? /^[A-Za-z]--/.test(name) : isWindowsPath(real)
  const isPosix = real === null ? /^-(?!-)/.test(name) : !isWindows
  if (here.platform === 'win32' ? isPosix : isWindows) {
    return none(
      'other-platform',
      `“${real ?? name}” is a folder of another platform; say where each host has the project with \`holdfast project map\``,
    )
  }
  const local = real === null ? name : folderName(name, real, isWindows, lead, input)
  return { kind: 'path', path: [...lead, local, stream.rest].join('/'), cwd: localCwd(files, here, map) }
}

/**
 * The folder's name on disk. Clients cut long names with hashes of their own and spell Windows drives both ways, so a
 * folder that is there already goes first. Without the real path, what was cut stays as it came: deterministic, and
 * it derives the same stream.
 */
function folderName(
  whole: string,
  real: string | null,
  isWindows: boolean,
  lead: readonly string[],
  { listFolders }: LocalPathInput,
): string {
  const isLong = whole.length > slugMaxChars
  const canonical = isLong && real !== null ? slugOf(real) : whole
  if (!isLong && !isWindows) return canonical
  const existing = listFolders?.(lead.join('/')) ?? []
  if (existing.includes(canonical)) return canonical
  const fits = (name: string): boolean =>
    real === null ? isWindows && name.toLowerCase() === whole.toLowerCase() : slugMatches(name, real)
  return existing.filter(fits).toSorted()[0] ?? canonical
}

/**
 * The part of a session's working directory that has the slug `below`, and what follows it. Looked for first where this
 * host's own folder ends, then where the other host's does, then, for a session that was brought there from a third
 * host, anywhere.
 */
function findBelow(
  { kind, name, below }: SharedFolder,
  base: string,
  { files, map }: LocalPathInput,
): { readonly below: string; readonly deeper: string } | null {
  const starts: (readonly [cwd: string, start: number])[] = []
  const anywhere: (readonly [cwd: string, start: number])[] = []
  const known = files.flatMap(({ facts: { cwd, home }, host }) =>
    cwd === null || cwd.length > limits.pathMaxBytes ? [] : [{ cwd: plainPath(cwd), home, host }],
  )
  for (const { cwd } of known) {
    if (kind === 'literal') starts.push([cwd, 0])
    else if (pathBelow(cwd, base) !== null) starts.push([cwd, plainPath(base).length])
  }
  for (const { cwd, home, host } of kind === 'literal' ? [] : known) {
    for (const folder of kind === 'mapped' ? projectFoldersOn(map, host, home, name) : homes(home)) {
      if (pathBelow(cwd, folder) !== null) starts.push([cwd, plainPath(folder).length])
    }
    if (below === '') continue
    for (let at = cwd.indexOf('/'); at !== -1; at = cwd.indexOf('/', at + 1)) anywhere.push([cwd, at])
  }
  for (const [cwd, start] of [...starts, ...anywhere]) {
    const end = start + below.length
    const text = cwd.slice(start, end)
    const isEnd = end === cwd.length || cwd[end] === '/'
    if (isEnd && wholeSlug(text) === below) return { below: text, deeper: cwd.slice(end) }
  }
  return null
}
