import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { cleanupAgeMs } from '../engine/formats/cleanup.js'
import { formatNamed } from '../engine/formats/format.js'
import { knownRoots } from '../engine/formats/known-roots.js'
import { resolveRoots } from '../engine/formats/resolve-root.js'
import type { WatchedRoot } from '../engine/record/watched-root.js'
import type { Config } from './config.js'
import type { Home } from './home.js'
import { effectiveRoots, type EffectiveRoot } from './roots.js'

/** A root with what the daemon needs to watch it. */
export interface DaemonRoot extends WatchedRoot {
  readonly poll: boolean
}

/** The roots that the config and the agents' own folders make, before they are resolved. */
export function configuredRoots(home: Home, config: Config): readonly EffectiveRoot[] {
  const { agents } = home
  const known = knownRoots({
    home: agents.home,
    claudeConfigDir: agents.claudeConfigDir ?? null,
    codexHome: agents.codexHome ?? null,
  })
  return effectiveRoots(config, known, agents.home)
}

/** The roots that this host records. Throws CONFIG_INVALID. */
export function watchedRoots(home: Home, config: Config): DaemonRoot[] {
  const claudeAge = claudeCleanupAgeMs(home)
  return resolveRoots(configuredRoots(home, config)).map((root) => {
    const format = formatNamed(root.format)
    return {
      name: root.name,
      format,
      base: realBase(root.base),
      poll: root.poll,
      admits: (path) => root.admits(path),
      mayHold: (folder) => root.mayHold(folder) && format.mayHold(folder),
      // Only Claude Code is known to delete by age.
      cleanupAgeMs: root.name.startsWith('claude') ? claudeAge : Number.POSITIVE_INFINITY,
    }
  })
}

function claudeCleanupAgeMs({ agents }: Home): number {
  const folder = agents.claudeConfigDir ?? join(agents.home, '.claude')
  try {
    return cleanupAgeMs(readFileSync(join(folder, 'settings.json'), 'utf8'))
  } catch {
    return cleanupAgeMs(null)
  }
}

/**
 * The folder that a root's base really is. Links below a root are not followed, but people do link `~/.claude` itself
 * to elsewhere; of a base that isn't there yet the part that is counts.
 */
export function realBase(base: string): string {
  try {
    return realpathSync(base)
  } catch {
    const parent = dirname(base)
    return parent === base ? base : join(realBase(parent), base.slice(parent.length))
  }
}
