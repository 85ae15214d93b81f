import type { WritePolicy } from '../engine/writeback/write-tools.js'
import type { Config } from './config.js'

/** What the config says of writing one root's or project's files; the last rule that fits and says something counts. */
export function writePolicy(
  { writeBack, onConflict, writeRules }: Pick<Config, 'writeBack' | 'onConflict' | 'writeRules'>,
  root: string,
  project: string,
): WritePolicy {
  const fitting = writeRules.filter(
    (rule) =>
      (rule.root === undefined || rule.root === root) &&
      (rule.project === undefined || rule.project === project),
  )
  return {
    back: fitting.findLast((rule) => rule.back !== undefined)?.back ?? writeBack,
    onConflict: fitting.findLast((rule) => rule.onConflict !== undefined)?.onConflict ?? onConflict,
  }
}
