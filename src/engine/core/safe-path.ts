/** Bounds that every file system in use accepts, also below a long root. */
export const segmentMaxBytes = 255
export const localPathMaxBytes = 1024

/** Names that Holdfast gives to its own files and folders inside a root begin like this. */
const ownPrefix = '.holdfast-'

const encoder = new TextEncoder()

/** Devices of Windows, whatever extension follows. */
const windowsDevice = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?: *\.|$)/i

/**
 * Why a path below a root must not be written on this platform (`process.platform`); null where it may. Paths come from
 * other machines, so what leads out of the root, hides in text, or names a device is refused, never mended: a mended
 * name could be another file's.
 */
export function whyUnsafe(path: string, platform: string): string | null {
  if (path === '') return 'it is empty'
  if (/[\p{Cc}\p{Cs}]/u.test(path)) return 'it has control characters in it'
  if (path.includes('\\')) return 'it has a backslash in it'
  if (encoder.encode(path).length > localPathMaxBytes) return `it is longer than ${localPathMaxBytes} bytes`
  for (const segment of path.split('/')) {
    if (segment === '') return 'it is absolute or has an empty part'
    if (segment === '.' || segment === '..') return `it has “${segment}” in it`
    if (segment.startsWith(ownPrefix)) return `Holdfast keeps names in ${ownPrefix} for itself`
    if (encoder.encode(segment).length > segmentMaxBytes)
      return `a part is longer than ${segmentMaxBytes} bytes`
    if (platform === 'win32' && isNoWindowsName(segment))
      return `Windows cannot have a file named “${segment}”`
  }
  return null
}

function isNoWindowsName(segment: string): boolean {
  return /[<>:"|?*]/.test(segment) || /[. ]$/.test(segment) || windowsDevice.test(segment)
}
