import { homedir, hostname } from 'node:os'
import { join, resolve } from 'node:path'
import envPaths from 'env-paths'
import type { AgentHomes } from '../engine/formats/known-roots.js'

/** Where everything of this host's Holdfast is, and what the environment says about the host. Paths are absolute. */
export interface Home {
  readonly configFile: string
  /** The LevelDB folder. */
  readonly storeFolder: string
  /** Keys and other files that say who this host is. */
  readonly identityFolder: string
  readonly logsFolder: string
  readonly logFile: string
  /** Run state: socket and pid file. */
  readonly runFolder: string
  readonly pidFile: string
  /** Every folder above, parents first: what `prepareHome` creates and checks. */
  readonly folders: readonly string[]
  /** What people call this host: HOLDFAST_NAME, else the system's host name. The config's `name` goes before it. */
  readonly hostName: string
  /** Where agents' folders are found. */
  readonly agents: AgentHomes
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Finds this host's home from the environment. Touches no file. */
export function findHome(env: Environment = process.env): Home {
  const one = env['HOLDFAST_HOME']
  const bases = one ? oneFolder(resolve(one)) : platformFolders()
  return {
    configFile: join(bases.config, 'config.yaml'),
    storeFolder: join(bases.data, 'store'),
    identityFolder: join(bases.data, 'identity'),
    logsFolder: bases.logs,
    logFile: join(bases.logs, 'daemon.log'),
    runFolder: join(bases.state, 'run'),
    pidFile: join(bases.state, 'run', 'daemon.pid'),
    folders: [
      ...new Set([
        bases.config,
        bases.data,
        bases.state,
        join(bases.data, 'store'),
        join(bases.data, 'identity'),
        bases.logs,
        join(bases.state, 'run'),
      ]),
    ],
    hostName: env['HOLDFAST_NAME'] || hostname(),
    agents: {
      home: env['HOME'] || homedir(),
      claudeConfigDir: env['CLAUDE_CONFIG_DIR'] || null,
      codexHome: env['CODEX_HOME'] || null,
    },
  }
}

interface Bases {
  readonly config: string
  readonly data: string
  readonly state: string
  readonly logs: string
}

function oneFolder(folder: string): Bases {
  return { config: folder, data: folder, state: folder, logs: join(folder, 'logs') }
}

function platformFolders(): Bases {
  const paths = envPaths('holdfast', { suffix: '' })
  // Only Linux has a folder for state apart from logs; elsewhere run state stands with the data.
  if (process.platform === 'linux')
    return { config: paths.config, data: paths.data, state: paths.log, logs: join(paths.log, 'logs') }
  return { config: paths.config, data: paths.data, state: paths.data, logs: paths.log }
}
