import { HoldfastError } from '../engine/core/errors.js'
import { FileError } from '../engine/ports/files.js'
import { conflicts } from './operations/conflicts.js'
import { resolveConflict } from './operations/conflict-resolve.js'
import type { OperationIo } from './operation.js'
import type { Runtime } from './runtime.js'
import { writePolicy } from './write-policy.js'

/**
 * Settles open conflicts of roots and projects whose policy is `split`: each branch becomes a session of its own. Every
 * host names the new sessions alike and lets the same branch stay, so hosts that do it at once agree.
 *
 * @returns how many were settled
 */
export async function splitOpenConflicts(
  runtime: Runtime,
  io: Pick<OperationIo, 'signal'>,
  config = runtime.config(),
): Promise<number> {
  const policies = [config.onConflict, ...config.writeRules.map(({ onConflict }) => onConflict)]
  if (!policies.includes('split')) return 0
  let settled = 0
  const quiet: OperationIo = { progress: () => undefined, bytes: () => Promise.resolve(), signal: io.signal }
  const { conflicts: open } = await conflicts(runtime, { status: 'open' })
  for (const { id, root, project, choices, resolutions } of open) {
    // Whoever took a decision back, or decided something else elsewhere, is not overruled.
    if (resolutions.length > 0) continue
    if (writePolicy(config, root, project).onConflict !== 'split' || !choices.includes('split')) continue
    try {
      await resolveConflict(runtime, { id, choice: 'split', dryRun: false }, quiet)
      settled += 1
    } catch (error) {
      // It changed meanwhile, or a file is in its way: the next look finds it again, and people see it until then.
      if (!(error instanceof HoldfastError) && !(error instanceof FileError)) throw error
    }
  }
  return settled
}
