import { existsSync } from 'node:fs'
import { HoldfastError } from '../engine/core/errors.js'
import { knownRoots } from '../engine/formats/known-roots.js'
import { resolveRoot } from '../engine/formats/resolve-root.js'
import { applyConfigEdit } from './config-apply.js'
import { dropRoot, putRoot } from './config-edit.js'
import { loadConfig } from './config.js'
import type { Home } from './home.js'
import { effectiveRoots, requestedRoot } from './roots.js'
import type { RootRequest } from './roots.js'

/** A root as commands show it. */
export interface RootRow {
  readonly name: string
  readonly format: string
  /** Absolute, may be a glob. */
  readonly path: string
  readonly poll: boolean
  /** Recorded without being configured. */
  readonly known: boolean
  /** Whether its folder is there now. */
  readonly found: boolean
}

export interface RootEdit {
  readonly name: string
  /** All roots after the edit. */
  readonly roots: readonly RootRow[]
  /** Whether a running daemon took it already. */
  readonly applied: boolean
}

/** The roots that this host records. Throws CONFIG_INVALID. */
export function listRoots(home: Home): RootRow[] {
  return effectiveRoots(loadConfig(home), knownRoots(home.agents), home.agents.home).map((root) => ({
    name: root.name,
    format: root.format,
    path: root.pattern,
    poll: root.poll,
    known: root.known,
    found: existsSync(resolveRoot(root).base),
  }))
}

/** Adds a root to the config. Throws USAGE, CONFIG_INVALID. */
export async function addRoot(home: Home, request: RootRequest, cwd: string): Promise<RootEdit> {
  const known = knownRoots(home.agents)
  const { name, entry } = requestedRoot(request, loadConfig(home), known, { cwd, home: home.agents.home })
  const { applied } = await applyConfigEdit(home, (text) =>
    entry === null ? dropRoot(text, name, home.configFile) : putRoot(text, entry, home.configFile),
  )
  return { name, roots: listRoots(home), applied }
}

/**
 * Takes a root out of the config; a known one is switched off there, as it is recorded otherwise, also by an agent
 * that is installed later. Throws ROOT_UNKNOWN where it is not recorded.
 */
export async function removeRoot(home: Home, name: string): Promise<RootEdit> {
  const isKnown = knownRoots(home.agents).some((root) => root.name === name)
  const entry = loadConfig(home).roots.find((root) => root.name === name)
  if (entry === undefined ? !isKnown : !entry.enabled)
    throw new HoldfastError('ROOT_UNKNOWN', `no root named ${name} is recorded`)
  const { applied } = await applyConfigEdit(home, (text) =>
    isKnown
      ? putRoot(text, { name, enabled: false }, home.configFile)
      : dropRoot(text, name, home.configFile),
  )
  return { name, roots: listRoots(home), applied }
}
