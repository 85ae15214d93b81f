import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HoldfastError } from '../engine/core/errors.js'
import type { Environment, Home } from './home.js'
import { requirePrivateFolder } from './private-folder.js'

/** The longest socket path that every system takes: macOS has room for 104 bytes, Linux for 108. */
export const socketPathMaxBytes = 100

/** Where the control socket of a home is. `folder` is null where the socket stands in the home itself. */
export interface SocketPlace {
  readonly path: string
  /** A folder outside the home that must be checked before it is trusted. */
  readonly folder: string | null
}

/** Decides where the socket is; the same answer for daemon and commands of one home. Touches no file. */
export function socketPlace(
  home: Pick<Home, 'runFolder'>,
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): SocketPlace {
  const hash = createHash('sha256').update(home.runFolder).digest('hex').slice(0, 24)
  if (platform === 'win32') return { path: `\\\\.\\pipe\\holdfast-${hash}`, folder: null }
  const path = join(home.runFolder, 'holdfast.sock')
  if (Buffer.byteLength(path) <= socketPathMaxBytes) return { path, folder: null }
  const uid = process.getuid?.() ?? 0
  for (const base of [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp']) {
    if (!base) continue
    const folder = join(base, `holdfast-${uid}`)
    const short = join(folder, `${hash}.sock`)
    if (Buffer.byteLength(short) <= socketPathMaxBytes) return { path: short, folder }
  }
  throw new HoldfastError('NOT_WRITABLE', 'no folder has a path short enough for the control socket', {
    next: 'Set HOLDFAST_HOME to a folder with a shorter path.',
  })
}

/**
 * The socket's path, once its place is known to be this user's alone. Throws NOT_PRIVATE where somebody else made
 * or could have entered the folder, or where what stands at the path is not a socket of ours.
 */
export function checkedSocketPath(place: SocketPlace): string {
  if (place.folder !== null) requirePrivateFolder(place.folder)
  if (process.platform === 'win32') return place.path
  const stat = lstatSync(place.path, { throwIfNoEntry: false })
  const uid = process.getuid?.()
  if (stat !== undefined && (!stat.isSocket() || (uid !== undefined && stat.uid !== uid)))
    throw new HoldfastError('NOT_PRIVATE', `${place.path} is not a socket of this user`, {
      next: 'Remove it, after you made sure what it is.',
    })
  return place.path
}
