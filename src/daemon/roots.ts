import { isAbsolute, join, normalize } from 'node:path'
import { HoldfastError } from '../engine/core/errors.js'
import type { Root } from '../engine/core/root.js'
import { escapeGlob } from '../engine/formats/glob.js'
import { resolveRoot } from '../engine/formats/resolve-root.js'
import type { Config, ConfiguredRoot } from './config.js'
import { rootFormats } from './config-schema.js'

/** A root that this host records, and where it comes from. */
export interface EffectiveRoot extends Root {
  /** Known without configuration: an agent's own folder, whether or not the agent is installed yet. */
  readonly known: boolean
}

/**
 * The roots that are recorded: the known ones, as the config changes or switches them off, then the config's own.
 * `home` is what `~` stands for. Throws CONFIG_INVALID for an entry that is neither known nor complete.
 */
export function effectiveRoots(
  config: Pick<Config, 'roots'>,
  known: readonly Root[],
  home: string,
): readonly EffectiveRoot[] {
  const changes = new Map(config.roots.map((entry) => [entry.name, entry]))
  const roots: EffectiveRoot[] = []
  for (const root of known) {
    const change = changes.get(root.name)
    changes.delete(root.name)
    if (change?.enabled !== false) roots.push({ ...root, ...overrides(change, home), known: true })
  }
  for (const entry of changes.values()) {
    if (!entry.enabled) continue
    const { format, path } = entry
    if (format === undefined || path === undefined)
      throw new HoldfastError('CONFIG_INVALID', `the root ${entry.name} needs a format and a path`, {
        next: `Add them in the config file, or run \`holdfast root remove ${entry.name}\`.`,
      })
    roots.push({
      name: entry.name,
      format,
      pattern: expandHome(path, home),
      poll: entry.poll ?? false,
      known: false,
    })
  }
  return roots
}

function overrides(change: ConfiguredRoot | undefined, home: string): Partial<Root> {
  return {
    ...(change?.format === undefined ? {} : { format: change.format }),
    ...(change?.path === undefined ? {} : { pattern: expandHome(change.path, home) }),
    ...(change?.poll === undefined ? {} : { poll: change.poll }),
  }
}

function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') ? escapeGlob(home) + path.slice(1) : path
}

/** What `root add` was asked for: a root of its own, or a known one to be recorded again. */
export interface RootRequest {
  /** `FORMAT=PATH`, or the name of a known root. */
  readonly what: string
  readonly name: string | undefined
  readonly poll: boolean
}

/**
 * The config entry that fulfils a request; null where none is needed (a known root without changes).
 * Throws USAGE where the request makes no sense or the name is taken, CONFIG_INVALID where the path cannot be a root.
 */
export function requestedRoot(
  request: RootRequest,
  config: Pick<Config, 'roots'>,
  known: readonly Root[],
  places: { readonly cwd: string; readonly home: string },
): { readonly name: string; readonly entry: (Partial<ConfiguredRoot> & { name: string }) | null } {
  const at = request.what.indexOf('=')
  const poll = request.poll ? { poll: true } : {}
  if (at < 0) {
    const root = known.find(({ name }) => name === request.what)
    if (root === undefined)
      throw new HoldfastError('USAGE', `${request.what} is neither FORMAT=PATH nor a known root`, {
        next: `Known roots: ${known.map(({ name }) => name).join(', ')}. Formats: ${rootFormats.join(', ')}.`,
      })
    return { name: root.name, entry: request.poll ? { name: root.name, ...poll } : null }
  }
  const format = rootFormats.find((candidate) => candidate === request.what.slice(0, at))
  const path = request.what.slice(at + 1)
  if (format === undefined || path === '')
    throw new HoldfastError('USAGE', `${request.what} is not FORMAT=PATH`, {
      next: `The formats are ${rootFormats.join(', ')}.`,
    })
  const taken = new Set([...config.roots, ...known].map(({ name }) => name))
  const name = request.name ?? freeName(format, taken)
  if (taken.has(name))
    throw new HoldfastError('USAGE', `there is a root named ${name} already`, {
      next: `Give it another name with --name, or run \`holdfast root remove ${name}\` first.`,
    })
  const entry = { name, format, path: absolutePath(path, places.cwd), ...poll }
  // Said now rather than by the daemon's next start: a root that cannot hold what its format looks for.
  for (const root of effectiveRoots({ roots: [{ ...entry, enabled: true }] }, [], places.home)) {
    resolveRoot(root)
    const same = effectiveRoots(config, known, places.home).find(({ pattern }) => pattern === root.pattern)
    if (same !== undefined) throw new HoldfastError('USAGE', `${path} is recorded already, as ${same.name}`)
  }
  return { name, entry }
}

/** Absolute, or from `~` on; the working folder is taken literally even where its name looks like a glob. */
function absolutePath(path: string, cwd: string): string {
  if (path === '~' || path.startsWith('~/')) return path
  const absolute = isAbsolute(path) ? normalize(path) : join(escapeGlob(cwd), path)
  return absolute.length > 1 ? absolute.replace(/\/$/, '') : absolute
}

function freeName(format: string, taken: ReadonlySet<string>): string {
  if (!taken.has(format)) return format
  let number = 2
  while (taken.has(`${format}-${number}`)) number++
  return `${format}-${number}`
}
