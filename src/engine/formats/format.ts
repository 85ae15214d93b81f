import { HoldfastError } from '../core/errors.js'
import type { StreamPlace } from '../core/stream.js'
import { claude } from './claude.js'
import { codex } from './codex.js'
import type { Format } from './format-rules.js'
import { file } from './file.js'
import { gemini } from './gemini.js'
import { lines } from './lines.js'
import { messages } from './messages.js'

export type { FileClass, Format, MergeRule } from './format-rules.js'

const formats: readonly Format[] = [claude, codex, gemini, messages, lines, file]

/** The names that `formatNamed` knows. */
export const formatNames: readonly string[] = formats.map((format) => format.name)

/** undefined for a format that only a newer version knows: its events are kept and passed on all the same. */
export function findFormat(name: string): Format | undefined {
  return formats.find((format) => format.name === name)
}

/** The rules of a format. Throws CONFIG_INVALID for an unknown one, listing the known. */
export function formatNamed(name: string): Format {
  const found = findFormat(name)
  if (found) return found
  throw new HoldfastError('CONFIG_INVALID', `there is no format “${name}”`, {
    next: `The formats are ${formatNames.join(', ')}.`,
  })
}

/** How a format reads a path, in the form that `deriveStream` takes. */
export function placeInFormat(format: Format, path: string): StreamPlace {
  return {
    projectFolder: format.projectFolder(path),
    sessionId: format.sessionId(path),
    ...format.streamName(path),
  }
}
