import { HoldfastError } from '../../engine/core/errors.js'
import { printable } from '../sync/printable.js'

/** How the command at the far end ended. */
export interface FarEnd {
  /** null where a signal ended it, or nobody knows. */
  readonly code: number | null
  readonly signal: string | null
}

/** What a shell says of a command that is not there, and the search that this host sends. */
const notFound = 127
const notRunnable = 126

/** What it means that the far Holdfast ended so, with these last words on its stderr; undefined for a good end. */
export function farFailure(
  name: string,
  end: FarEnd,
  stderr: string,
  addCommand: string,
): HoldfastError | undefined {
  if (end.code === 0) return undefined
  const words = lastLine(stderr)
  const said = words === '' ? '' : `: ${words}`
  if (end.code === notFound || end.code === notRunnable)
    return new HoldfastError('PEER_UNREACHABLE', `${name}: no holdfast can be run there${said}`, {
      next: `Install Holdfast there, or say where it is: \`${addCommand} --holdfast-path CMD\`.`,
    })
  const how =
    end.code === null ? `was ended by ${end.signal ?? 'a signal'}` : `failed with exit code ${end.code}`
  return new HoldfastError('PEER_UNREACHABLE', `${name}: the holdfast there ${how}${said}`)
}

/** The last line that says something, fit to be shown. */
export function lastLine(text: string): string {
  const lines = text.split(/[\r\n]+/).map(printable)
  return lines.findLast((line) => line !== '') ?? ''
}
