import { isAbsolutePath } from '../core/host-path.js'
import { limits } from '../core/limits.js'

/** How much of a file's beginning tells its working directory, in bytes. */
export const firstBytesMax = 64 * 1024

const newline = 0x0a

/**
 * The first value that `pick` finds in the JSON objects at the beginning of a file, one a line. Lines that are no JSON
 * object are passed over: garbage, and the last one where it is cut. A first line longer than what is given tells
 * nothing, since text inside it that looks like a field may stand inside a nested string.
 */
export function firstInRecords(
  firstBytes: Uint8Array,
  pick: (record: Readonly<Record<string, unknown>>) => unknown,
): string | null {
  const bytes = firstBytes.subarray(0, firstBytesMax)
  const decoder = new TextDecoder()
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(newline, start)
    const end = found === -1 ? bytes.length : found
    const record = parseObject(decoder.decode(bytes.subarray(start, end)))
    const directory = record === null ? null : workingDirectory(pick(record))
    if (directory !== null) return directory
    start = end + 1
  }
  return null
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.trimStart().startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(line)
    return isRecord(value) ? value : null
  } catch {
    // Torn, glued or foreign lines are ordinary in session files; the next line may do.
    return null
  }
}

/** A value that can be a directory's path; what was damaged (NUL, U+FFFD) would name another directory. */
function workingDirectory(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > limits.pathMaxBytes) return null
  return isAbsolutePath(value) && !/[\0\n\uFFFD]/.test(value) ? value : null
}
