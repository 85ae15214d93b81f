import { basename, relative, sep } from 'node:path'
import type { Watch } from '../engine/ports/watcher.js'
import { isBlindType, mountOf } from './mounts.js'
import type { NativeWatch, NativeWatcher } from './recursive-tree.js'
import type { RootPlace } from './root-place.js'
import { placeOf } from './root-place.js'
import { systemCode } from './system-error.js'
import type { OpenTree, WatchedTree } from './watched-tree.js'
import { limitCodes } from './watched-tree.js'

/** What a watched root needs of the machine. */
export interface RootMachine {
  readonly openTree: OpenTree
  readonly watchNative: NativeWatcher
  /** The text of /proc/mounts; undefined where the system has none. */
  readonly readMounts: () => string | undefined
  /** How often to look whether the root is still the folder that is watched: a mount over it gives no event. */
  readonly checkEveryMs: number
}

/** Arming again takes at most this part of the time, however often the tree is replaced. */
const rearmPart = 0.2
const rearmMinMs = 20

/** A folder under watch: armed while it exists, waited for while it does not. */
export class WatchedRoot implements Watch {
  readonly #folder: string
  readonly #machine: RootMachine
  readonly #onHint: (path: string) => void
  readonly #onBlind: (reason: string) => void
  #ended = false
  #stale = true
  #armMs = 0
  #key = ''
  #tree: WatchedTree | undefined
  #above: NativeWatch | undefined
  #checks: NodeJS.Timeout | undefined
  #rearm: NodeJS.Timeout | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(
    folder: string,
    machine: RootMachine,
    onHint: (path: string) => void,
    onBlind: (reason: string) => void,
  ) {
    this.#folder = folder
    this.#machine = machine
    this.#onHint = onHint
    this.#onBlind = onBlind
  }

  /** Resolves when the root is watched, waited for, or told to be blind. */
  async start(): Promise<void> {
    this.#checks = setInterval(() => this.#check(), this.#machine.checkEveryMs)
    this.#checks.unref()
    this.#work = this.#settle()
    await this.#work
  }

  async close(): Promise<void> {
    this.#end()
    await this.#work
    await this.#disarm()
  }

  /** Arms until what is armed is what is there. */
  async #settle(): Promise<void> {
    while (this.#stale && !this.#ended) {
      this.#stale = false
      const startedMs = performance.now()
      await this.#disarm()
      await this.#arm(placeOf(this.#folder))
      this.#armMs = performance.now() - startedMs
      if (placeOf(this.#folder).key !== this.#key) this.#stale = true
    }
    if (this.#ended) await this.#disarm()
  }

  async #arm(place: RootPlace): Promise<void> {
    this.#key = place.key
    const mounts = this.#machine.readMounts()
    const mount = mounts === undefined ? undefined : mountOf(mounts, place.real ?? place.above)
    if (mount && isBlindType(mount.type)) {
      this.#blind(`${mount.folder} is a ${mount.type} mount, whose changes may stay unseen`)
      return
    }
    this.#watchAbove(place)
    const { real } = place
    if (real === undefined || this.#ended) return
    this.#tree = await this.#machine.openTree(real, {
      onHint: (path) => this.#hint(real, path),
      onReplaced: () => this.#replaced(),
      onLimit: (reason) => this.#blind(reason),
    })
  }

  /** The folder above tells when the root, or the next folder on the way to it, comes, goes or is replaced. */
  #watchAbove(place: RootPlace): void {
    const next = relative(place.above, this.#folder).split(sep)[0]
    try {
      this.#above = this.#machine.watchNative(
        place.above,
        { recursive: false, persistent: false },
        (type, name) => {
          // Its own end is told under its own name. Equal inodes prove nothing: they are used again at once.
          const concerns = name === null || name === next || name === basename(place.above)
          if (concerns && type === 'rename') this.#replaced()
        },
      )
      this.#above.on('error', () => this.#replaced())
    } catch (error) {
      const code = systemCode(error)
      if (limitCodes.has(code)) this.#blind(`the system's limit of watches is reached (${code})`)
      // Otherwise it is closed to us or just gone; the regular check sees what it would have told.
    }
  }

  #hint(real: string, path: string): void {
    if (this.#ended) return
    if (path === real) this.#onHint(this.#folder)
    else if (path.startsWith(`${real}${sep}`)) this.#onHint(this.#folder + path.slice(real.length))
  }

  #check(): void {
    if (!this.#ended && placeOf(this.#folder).key !== this.#key) this.#replaced()
  }

  #replaced(): void {
    this.#stale = true
    if (this.#ended || this.#rearm) return
    const waitMs = Math.max(rearmMinMs, this.#armMs * (1 / rearmPart - 1))
    this.#rearm = setTimeout(() => {
      this.#work = this.#work.then(() => this.#again())
    }, waitMs)
  }

  async #again(): Promise<void> {
    this.#rearm = undefined
    if (this.#ended) return
    await this.#settle()
    // Nobody saw what happened between the old watch and this one.
    if (!this.#ended) this.#onHint(this.#folder)
  }

  #blind(reason: string): void {
    if (this.#ended) return
    this.#end()
    this.#work = this.#work.then(() => this.#disarm())
    this.#onBlind(reason)
  }

  #end(): void {
    this.#ended = true
    clearInterval(this.#checks)
    clearTimeout(this.#rearm)
  }

  async #disarm(): Promise<void> {
    const tree = this.#tree
    this.#tree = undefined
    this.#above?.close()
    this.#above = undefined
    await tree?.close()
  }
}
