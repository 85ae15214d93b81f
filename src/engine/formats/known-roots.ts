import type { Root } from '../core/root.js'
import { plainPath } from '../core/host-path.js'
import { escapeGlob } from './glob.js'

/** Where agents keep their files on this machine. All paths are absolute. */
export interface AgentHomes {
  readonly home: string
  /** CLAUDE_CONFIG_DIR; null or '' where it is not set. */
  readonly claudeConfigDir: string | null
  /** CODEX_HOME; null or '' where it is not set. */
  readonly codexHome: string | null
}

/** The roots that need no configuration, whether or not their folders exist. */
export function knownRoots({ home, claudeConfigDir, codexHome }: AgentHomes): Root[] {
  const claude = claudeConfigDir || `${plainPath(home)}/.claude`
  const codex = codexHome || `${plainPath(home)}/.codex`
  return [
    root('claude', 'claude', `${plainPath(claude)}/projects`),
    root('claude-todos', 'file', `${plainPath(claude)}/todos`),
    root('claude-tasks', 'file', `${plainPath(claude)}/tasks`),
    root('claude-legacy', 'claude', `${plainPath(claude)}/system/sessions`),
    root('codex', 'codex', plainPath(codex)),
    root('gemini', 'gemini', `${plainPath(home)}/.gemini/tmp`),
  ]
}

function root(name: string, format: string, folder: string): Root {
  return { name, format, pattern: escapeGlob(folder), poll: false }
}
