import type { Cursor } from '../core/cursor.js'

/** How long before the last recorded change a file's bytes may still have been on their way to the disk. */
const unwrittenMs = 10 * 60 * 1000

/**
 * Makes the next look at a file compare it with the log, whatever its size and time say. After a power loss a file may
 * have both as they were recorded and NULs in place of blocks that never reached the disk. Systems write such blocks
 * within half a minute, disks with caches a little later; so only files that changed shortly before the end of the last
 * run are doubted, by the host's own clock: after a clean end too, as the power may have gone just after it. All of them
 * are where the log itself is damaged.
 */
export function doubtCursors(cursors: Map<string, Cursor>, logDamaged: boolean): void {
  let lastMs = 0
  for (const { changedMs } of cursors.values()) lastMs = Math.max(lastMs, changedMs)
  for (const [id, cursor] of cursors) {
    if (logDamaged || cursor.changedMs >= lastMs - unwrittenMs) cursors.set(id, { ...cursor, size: -1 })
  }
}
