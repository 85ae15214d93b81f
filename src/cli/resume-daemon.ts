import type { Home } from '../daemon/home.js'
import { startDaemon } from '../daemon/lifecycle.js'
import { deadDaemon } from '../daemon/pid-file.js'
import { daemonCommand } from './daemon-command.js'

/** Whether a daemon ran here until something killed it. Ask before the store is opened for writing. */
export function daemonWasKilled(home: Home): boolean {
  return deadDaemon(home.pidFile) !== undefined
}

export interface Resumed {
  /** Whether the background recorder that was killed runs again. */
  readonly resumed: boolean
  /** Why it does not although it should; null otherwise. */
  readonly resumeError: string | null
}

/** Starts the background recorder anew. A start that fails is told, not thrown: the repair before it stands. */
export async function resumeDaemon(home: Home): Promise<Resumed> {
  try {
    await startDaemon(home, daemonCommand())
    return { resumed: true, resumeError: null }
  } catch (error) {
    return { resumed: false, resumeError: error instanceof Error ? error.message : String(error) }
  }
}
