import type { AgentName } from '../engine/ports/processes.js'

export interface AgentCommand {
  readonly agent: AgentName
  /** What follows the program, or the script that it runs. */
  readonly args: readonly string[]
}

const runtimes = new Set(['node', 'nodejs', 'bun', 'deno'])

/** Options of a runtime that take the next argument, so that it is not taken for the script. */
const runtimeValueOptions = new Set(
  '-r --require --import --loader --experimental-loader --conditions -C --env-file --title --preload'.split(
    ' ',
  ),
)

/** With one of these there is no script: the program is in the arguments. */
const runtimeEvalOptions = new Set(['-e', '--eval', '-p', '--print', '-pe', 'eval'])

const shells = /^-?(?:a|ba|da|fi|k|tc|c|z)?sh$/

const packages: readonly (readonly [RegExp, AgentName])[] = [
  [/\/@anthropic-ai\/claude-(?:code|agent-sdk)[^/]*\//, 'claude'],
  // The native builds are named by their version.
  [/\/claude\/versions\/[^/]+$/, 'claude'],
  [/\/@openai\/codex[^/]*\//, 'codex'],
  [/\/@google\/gemini-cli[^/]*\//, 'gemini'],
]

/**
 * The agent that a command line runs; null where it runs another program. A shell or an editor that merely names an
 * agent is none: the agent it starts is a process of its own.
 * @param name the process's own name as the system shows it; may be cut, '' where unknown
 */
export function agentOf(name: string, argv: readonly string[]): AgentCommand | null {
  const [program = '', ...args] = argv
  // A process title stands in the place of all arguments.
  const title = args.length === 0 && !/[\\/]/.test(program) ? (program.split(' ')[0] ?? '') : program
  const direct = agentNamed(title) ?? agentPackaged(program)
  if (direct) return { agent: direct, args }
  const base = baseOf(program)
  if (runtimes.has(base)) {
    const at = scriptIndex(args)
    const script = args[at] ?? ''
    const run = agentNamed(script) ?? agentPackaged(script)
    if (run) return { agent: run, args: args.slice(at + 1) }
  }
  const titled = shells.test(base) ? null : agentNamed(name)
  return titled && { agent: titled, args }
}

function scriptIndex(args: readonly string[]): number {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (runtimeEvalOptions.has(arg)) return args.length
    if (arg === 'run') continue
    if (!arg.startsWith('-')) return at
    if (runtimeValueOptions.has(arg)) at++
  }
  return args.length
}

function agentNamed(path: string): AgentName | null {
  const base = baseOf(path)
  if (base === 'claude' || base === 'codex' || base === 'gemini') return base
  // `codex-x86_64-unknown-linux-musl`, as it is packed for each platform.
  return /^codex-(?:x86_64|aarch64|arm64)-/.test(base) ? 'codex' : null
}

function agentPackaged(path: string): AgentName | null {
  const plain = path.replaceAll('\\', '/')
  return packages.find(([pattern]) => pattern.test(plain))?.[1] ?? null
}

function baseOf(path: string): string {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
  return base.replace(/\.(?:exe|[cm]?js)$/, '')
}
