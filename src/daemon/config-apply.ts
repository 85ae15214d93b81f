import { editConfigFile } from './config-file.js'
import type { Home } from './home.js'
import { reloadDaemon } from './lifecycle.js'

export interface AppliedEdit {
  readonly changed: boolean
  /** Whether a running daemon took it already. */
  readonly applied: boolean
}

/**
 * Edits the config file and lets a running daemon take it at once. Throws what the edit or the daemon throws; the
 * file is changed before the daemon is asked.
 */
export async function applyConfigEdit(home: Home, edit: (text: string) => string): Promise<AppliedEdit> {
  const changed = editConfigFile(home, edit)
  return { changed, applied: changed && (await reloadDaemon(home)) }
}
