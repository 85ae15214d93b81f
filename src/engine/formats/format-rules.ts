import type { StreamPlace } from '../core/stream.js'

/** log: grows, and is recorded as extents. state: small, and recorded whole at every change. */
export type FileClass = 'log' | 'state'

/**
 * How branches of a file may be merged. tree: records that name their parents, union in causal order. records:
 * independent records, union. ordered: records that depend on their order, no union. whole: no records; every
 * concurrent value is kept and the latest shows.
 */
export type MergeRule = 'tree' | 'records' | 'ordered' | 'whole'

/**
 * What is special to the files of one kind of agent. Pure. Paths and folders are relative to the root's base, with `/`
 * between segments. `sessionId` to `mergeOf` hold for every path, also for one that is not recorded.
 */
export interface Format {
  readonly name: string
  /** null where there is nothing to record. */
  classify(path: string): FileClass | null
  /** False where nothing below the folder is recorded, so that the walk passes over it. */
  mayHold(folder: string): boolean
  /**
   * The absolute working directory that the session names first, as on the machine that wrote it. `firstBytes` may end
   * in the middle of a line and may be anything; what lies past `firstBytesMax` is not looked at.
   */
  cwd(firstBytes: Uint8Array): string | null
  /** The id people use for the session: its uuid, `agent-<id>` …; the file name without extension otherwise. */
  sessionId(path: string): string
  /** The project's folder as on disk; '' where the format has none. */
  projectFolder(path: string): string
  /** What names the file's stream in its project, or in the whole root. */
  streamName(path: string): Pick<StreamPlace, 'name' | 'unique'>
  /** The path under which the agent itself may keep a recompressed copy; null where it keeps none. */
  recodedPath(path: string): string | null
  mergeOf(path: string): MergeRule
}
