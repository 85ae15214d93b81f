/** A program that writes session files of the format of the same name. */
export type AgentName = 'claude' | 'codex' | 'gemini'

export interface AgentProcess {
  readonly pid: number
  /** null only for a pid that was asked for and that does not look like an agent. */
  readonly agent: AgentName | null
  /** Its working directory, without links; null where the system does not tell. */
  readonly cwd: string | null
  /** Milliseconds since 1970, to a hundredth of a second (macOS: to a second); null where the system does not tell. */
  readonly startedMs: number | null
  /** Arguments without the program and its script; none where the process put a title in their place. */
  readonly args: readonly string[]
}

export interface AgentList {
  /** False where the system does not tell. */
  readonly known: boolean
  /** Sorted by pid. */
  readonly list: readonly AgentProcess[]
}

/** What runs on this machine, as far as this user may see it. */
export interface Processes {
  /**
   * Processes other than this one that hold the file open, for each path that any does. Where the system does not
   * tell (no /proc, no lsof), `known` is false.
   */
  holders(paths: readonly string[]): {
    readonly known: boolean
    readonly byPath: ReadonlyMap<string, readonly number[]>
  }
  /**
   * The coding agents that run here, in containers of this machine too, and besides them the processes of these pids
   * that run. Never this process; one that ended and was not reaped yet is none.
   */
  agents(also?: readonly number[]): AgentList
}
