import { readdirSync, watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import { rsync, type RsyncOptions } from './sync-rsync.js'

/**
 * What people run to keep a folder in step: whenever something in it changes, rsync. What changes while it runs makes it
 * run once more; the naive loop, which waits for a change only after it has run, misses that.
 */
export class RsyncLoop {
  readonly #options: RsyncOptions
  readonly #watchers: readonly FSWatcher[]
  #changed = false
  #running: Promise<void> | null = null
  #failure: unknown = null

  constructor(options: RsyncOptions) {
    this.#options = options
    this.#watchers = foldersBelow(options.from).map((folder) => watch(folder, () => this.#onChange()))
  }

  /** Ends the loop, after what is under way. Rejects where a run of rsync failed. */
  async stop(): Promise<void> {
    for (const watcher of this.#watchers) watcher.close()
    await this.#running
    if (this.#failure !== null) throw this.#failure as Error
  }

  #onChange(): void {
    this.#changed = true
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
  }

  async #run(): Promise<void> {
    while (this.#changed) {
      this.#changed = false
      try {
        await rsync(this.#options)
      } catch (error) {
        this.#failure ??= error
      }
    }
  }
}

function foldersBelow(folder: string): string[] {
  const inside = readdirSync(folder, { recursive: true, withFileTypes: true })
  return [
    folder,
    ...inside.filter((each) => each.isDirectory()).map((each) => join(each.parentPath, each.name)),
  ]
}
