import { fileURLToPath } from 'node:url'
import type { DaemonCommand } from '../daemon/lifecycle.js'

/** How this very installation starts its daemon: the same Node, the same code. */
export function daemonCommand(): DaemonCommand {
  const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
  return [process.execPath, bin, 'daemon', 'run', '--detached']
}
