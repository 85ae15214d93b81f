import { spawnSync } from 'node:child_process'
import type { AgentList, Processes } from '../engine/ports/processes.js'
import { agentsByProc, holdersByProc } from './process-proc.js'
import { agentsByPs, holdersByLsof, type Run } from './process-ps.js'

/** What replaces this machine in a test. */
export interface ProcessesOptions {
  readonly platform?: NodeJS.Platform
  readonly run?: Run
  /** Where the process file system is mounted. */
  readonly procFolder?: string
}

const runTimeoutMs = 10_000

const unknownHolders: ReturnType<Processes['holders']> = { known: false, byPath: new Map() }
const unknownAgents: AgentList = { known: false, list: [] }

/** The processes of this machine: by /proc on Linux, by ps and lsof on macOS, unknown elsewhere. */
export function createProcesses(options: ProcessesOptions = {}): Processes {
  const { platform = process.platform, run = runCommand, procFolder = '/proc' } = options
  if (platform === 'linux') {
    return {
      holders: (paths) => holdersByProc(paths, procFolder) ?? unknownHolders,
      agents: (also = []) => agentsByProc(new Set(also), procFolder, Date.now()) ?? unknownAgents,
    }
  }
  if (platform === 'darwin') {
    return {
      holders: (paths) => holdersByLsof(paths, run) ?? unknownHolders,
      agents: (also = []) => agentsByPs(new Set(also), run) ?? unknownAgents,
    }
  }
  return { holders: () => unknownHolders, agents: () => unknownAgents }
}

function runCommand(command: string, args: readonly string[]): { readonly stdout: string } | undefined {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: runTimeoutMs,
    maxBuffer: 16 * 1024 * 1024,
    // Dates in the words that `parsePs` knows.
    env: { ...process.env, LC_ALL: 'C' },
  })
  // lsof exits with 1 where one of the paths is not open; only a failure to run it says nothing.
  return result.error ? undefined : { stdout: result.stdout }
}
