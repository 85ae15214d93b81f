import { readFileSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { HoldfastError } from '../engine/core/errors.js'
import { parseAuthorizedKeys } from '../transport/ssh-server/authorized-keys.js'
import type { AuthorizedKey, RefusedLine } from '../transport/ssh-server/authorized-keys.js'
import type { Home } from './home.js'

/** Holdfast's own list of keys. The one of the user's `~/.ssh` lets its keys do more: it is used only if it is named. */
export const ownAuthorizedKeys = (home: Pick<Home, 'configFile'>): string =>
  join(dirname(home.configFile), 'authorized_keys')

const fileMaxBytes = 1024 * 1024

/** A file of keys that may log in. It is looked at anew at every login: an added or removed key counts at once. */
export class AuthorizedFile {
  readonly path: string
  readonly #onRefused: (lines: readonly RefusedLine[]) => void
  #read: { readonly state: string; readonly keys: readonly AuthorizedKey[] } | undefined

  constructor(path: string, onRefused: (lines: readonly RefusedLine[]) => void) {
    this.path = path
    this.#onRefused = onRefused
  }

  /**
   * None where there is no such file. Throws NOT_PRIVATE where somebody else could have written it, and NOT_READABLE.
   * Lines that give nobody access are told to `onRefused`, once.
   */
  keys(): readonly AuthorizedKey[] {
    const stat = statSync(this.path, { throwIfNoEntry: false })
    if (!stat) {
      this.#read = undefined
      return []
    }
    requireOwn(this.path, stat)
    requireOwn(dirname(this.path), statSync(dirname(this.path)))
    const state = [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join(' ')
    if (this.#read?.state === state) return this.#read.keys
    const { keys, refused } = parseAuthorizedKeys(this.#text(stat))
    this.#read = { state, keys }
    if (refused.length > 0) this.#onRefused(refused)
    return keys
  }

  #text(stat: Stats): string {
    if (!stat.isFile() || stat.size > fileMaxBytes)
      throw new HoldfastError('NOT_READABLE', `${this.path} is no list of keys`, {
        next: 'Name a file with one public key on each line.',
      })
    try {
      return readFileSync(this.path, 'utf8')
    } catch (error) {
      throw new HoldfastError('NOT_READABLE', `${this.path} can’t be read`, { cause: error })
    }
  }
}

/** Whoever can write the list can let anybody in. */
function requireOwn(path: string, stat: Stats): void {
  if (process.platform === 'win32') return
  const [uid, sticky] = [process.getuid?.(), (stat.mode & 0o1000) !== 0]
  const foreign = uid !== undefined && stat.uid !== uid && stat.uid !== 0
  if (!foreign && ((stat.mode & 0o022) === 0 || (stat.isDirectory() && sticky))) return
  throw new HoldfastError('NOT_PRIVATE', `others than you can write ${path}`, {
    next: `Make sure that its keys are yours, then \`chmod go-w ${path}\`.`,
  })
}
