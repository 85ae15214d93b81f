import { rootOffline } from '../core/assess.js'
import { cursorId, type Cursor } from '../core/cursor.js'
import type { FileObserver } from './file-observer.js'
import type { ObserverTools, Outcome } from './observer-tools.js'
import type { Problem } from './problems.js'
import { attempt, walkRoot, type FoundFile } from './walk.js'
import { absolutePath, kindOf, type WatchedRoot } from './watched-root.js'

export interface SweepResult {
  /** Files that were looked at. */
  readonly files: number
  /** Files of which something was recorded. */
  readonly recorded: number
  /** Files kept out of history because a crash may have damaged them. */
  readonly suspect: number
}

export interface SweepProgress {
  (done: { files: number; totalFiles: number; bytes: number; totalBytes: number }): void
}

/** How often a path that vanished is looked at again before its removal counts: an unlink may be half of a replace. */
const confirmAfterMs = 250
/** A file without changes this long is compared once with the log. */
const settleAfterMs = 30_000
/** The most bytes that one sweep compares. */
const settleMaxBytes = 64 * 1024 * 1024

/**
 * Records what happens below the roots: sweeps find everything by stat, hints from a watcher say where to look
 * meanwhile. Sweeps and hints take turns, so that a file is never observed twice at once.
 */
export class Recorder {
  readonly #tools: ObserverTools
  readonly #observer: FileObserver
  readonly #hinted = new Set<string>()
  /** Paths that vanished, and since when. */
  readonly #vanished = new Map<string, { cursor: Cursor; sinceMs: number }>()
  readonly #stop = new AbortController()
  #turn: Promise<unknown> = Promise.resolve()
  #hintsQueued = false
  #confirming = false

  readonly #onFailure: (error: unknown) => void

  /** @param onFailure called when what follows from a hint can't be recorded: the store failed, which is final */
  constructor(tools: ObserverTools, observer: FileObserver, onFailure: (error: unknown) => void) {
    this.#tools = tools
    this.#observer = observer
    this.#onFailure = onFailure
  }

  get problems(): readonly Problem[] {
    return this.#tools.problems.list()
  }

  /** Looks at every file of every root. The first sweep after a start assesses before it records (see `assess`). */
  sweep(onProgress?: SweepProgress): Promise<SweepResult> {
    return this.#takeTurn(() => this.#sweep(onProgress))
  }

  /**
   * Says that something may have changed at an absolute path (a file, or a folder with all below it). Returns at once.
   */
  hint(path: string): void {
    this.#hinted.add(path)
    if (this.#hintsQueued || this.#stop.signal.aborted) return
    this.#hintsQueued = true
    this.#takeTurn(async () => {
      this.#hintsQueued = false
      await this.#followHints()
    }).catch(this.#onFailure)
  }

  /** Ends after the observation that is under way; everything handed over is durable when it resolves. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#turn.catch(() => undefined)
    await this.#tools.cursors.save(this.#tools.writer)
    await this.#tools.writer.flush()
  }

  /** Runs something of another part (a repair) when no observation is under way. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#takeTurn(work)
  }

  #takeTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }

  async #sweep(onProgress?: SweepProgress): Promise<SweepResult> {
    const { clock, cursors, writer } = this.#tools
    const found = new Map<WatchedRoot, FoundFile[]>()
    for (const root of this.#tools.roots) {
      this.#tools.problems.clearRoot(root.name)
      found.set(root, await this.#walk(root, ''))
    }
    const all = [...found].flatMap(([root, files]) => files.map((file) => ({ root, ...file })))
    const tally = new Tally(
      all.map(({ stat }) => stat.size),
      onProgress,
    )
    // Unknown files first: one of them may be where a known one went.
    const unknown = ({ root, path }: (typeof all)[number]): boolean => !cursors.get({ root: root.name, path })
    const order = [...all.filter(unknown), ...all.filter((file) => !unknown(file))]
    for (const [index, { root, path, stat }] of order.entries()) {
      if (this.#stop.signal.aborted) break
      tally.count(await this.#observer.observe(root, path, stat), stat.size)
      if (index % 64 !== 63) continue
      await clock.sleep(0)
      if (this.#hinted.size > 0) await this.#followHints()
    }
    for (const [root, files] of found) {
      if (!this.#stop.signal.aborted) await this.#sweepMissing(root, files, tally)
    }
    if (!this.#stop.signal.aborted) {
      if (!this.#observer.starting) await this.#settle()
      this.#observer.starting = false
    }
    await cursors.save(writer)
    await writer.flush()
    return tally.result()
  }

  async #walk(root: WatchedRoot, folder: string): Promise<FoundFile[]> {
    const found: FoundFile[] = []
    for (const step of walkRoot(this.#tools.files, root, folder, this.#tools.problems)) {
      if (step === 'pause') await this.#tools.clock.sleep(0)
      else found.push(step)
    }
    return found
  }

  /** Files that were there and are not: removed, moved, or their whole root is offline. */
  async #sweepMissing(root: WatchedRoot, files: readonly FoundFile[], tally: Tally): Promise<void> {
    const { cursors } = this.#tools
    const seen = new Set(files.map(({ path }) => path))
    const live = cursors.live(root.name)
    if (this.#offline(root, files.length, live.length)) {
      if (this.#observer.starting) this.#observer.unseen.add(root.name)
      return
    }
    for (const { facts } of live) {
      if (seen.has(facts.path)) continue
      const outcome = await this.#observeMissing(root, { root: root.name, path: facts.path })
      if (outcome) tally.count(outcome, 0)
    }
    this.#observer.unseen.delete(root.name)
  }

  #offline(root: WatchedRoot, found: number, known: number): boolean {
    const { files, problems } = this.#tools
    const key = { root: root.name, path: '' }
    // The walk could not list it; a stat that succeeds would hide that.
    if (problems.has(key)) return true
    const stat = attempt(root, '', problems, () => files.stat(root.base))
    if (problems.has(key)) return true
    if (!rootOffline({ exists: stat?.type === 'directory', found, known })) return false
    const message = `${root.base} is gone or empty, with ${known} files known: taken for offline, nothing is recorded as deleted`
    problems.set({ code: 'offline', ...key, message })
    return true
  }

  /** Looks once more before a removal is recorded; null where the file is there after all and unchanged. */
  async #observeMissing(root: WatchedRoot, key: { root: string; path: string }): Promise<Outcome | null> {
    const cursor = this.#tools.cursors.get(key)
    if (cursor?.state !== 'live') return null
    const outcome = await this.#observer.observe(root, key.path)
    return outcome === 'missing' ? this.#observer.remove(root, cursor) : outcome
  }

  async #settle(): Promise<void> {
    const { clock, cursors, roots } = this.#tools
    const now = clock.now()
    let budget = settleMaxBytes
    for (const cursor of Array.from(cursors.all())) {
      const { state, suspect, checked, position, changedMs, facts } = cursor
      if (state !== 'live' || suspect || checked >= position || now - changedMs < settleAfterMs) continue
      const root = roots.find(({ name }) => name === facts.root)
      // One file larger than the budget still has its turn, alone.
      const fits = position <= budget || budget === settleMaxBytes
      if (!root || !fits || this.#stop.signal.aborted) continue
      budget -= position
      await this.#observer.settle(root, cursor)
    }
  }

  async #followHints(): Promise<void> {
    const hinted = [...this.#hinted]
    this.#hinted.clear()
    const places = hinted.flatMap((path) => this.#place(path)).filter((place) => place !== null)
    const { cursors, files, problems, clock } = this.#tools
    const known = ({ root, path }: { root: WatchedRoot; path: string }): number =>
      cursors.get({ root: root.name, path }) ? 1 : 0
    let count = 0
    for (const { root, path } of places.toSorted((a, b) => known(a) - known(b))) {
      if (this.#stop.signal.aborted) return
      const stat = attempt(root, path, problems, () => files.stat(absolutePath(root, path)))
      if (stat?.type === 'directory') await this.#followFolder(root, path)
      else if (stat) await this.#observer.observe(root, path, stat)
      if (!stat || stat.type === 'directory') this.#noteVanished(root, path)
      count += 1
      if (count % 64 === 0) await clock.sleep(0)
    }
    if (this.#vanished.size > 0) this.#confirmSoon()
  }

  #place(absolute: string): { root: WatchedRoot; path: string }[] {
    return this.#tools.roots.flatMap((root) => {
      if (absolute === root.base) return [{ root, path: '' }]
      if (!absolute.startsWith(`${root.base}/`)) return []
      return [{ root, path: absolute.slice(root.base.length + 1) }]
    })
  }

  async #followFolder(root: WatchedRoot, folder: string): Promise<void> {
    if (folder !== '' && !root.mayHold(folder)) return
    for (const { path, stat } of await this.#walk(root, folder)) {
      if (this.#stop.signal.aborted) return
      await this.#observer.observe(root, path, stat)
    }
  }

  #noteVanished(root: WatchedRoot, path: string): void {
    const { cursors, files, clock } = this.#tools
    const cursor = kindOf(root, path) === null ? undefined : cursors.get({ root: root.name, path })
    const gone = cursor?.state === 'live' ? [cursor] : cursors.live(root.name, path)
    for (const each of gone) {
      const key = { root: root.name, path: each.facts.path }
      if (attempt(root, key.path, this.#tools.problems, () => files.stat(absolutePath(root, key.path))))
        continue
      this.#vanished.set(cursorId(key), { cursor: each, sinceMs: clock.now() })
    }
  }

  #confirmSoon(): void {
    // A stopped recorder must not ask again: its sleeps end at once, and it would ask for ever. The next sweep asks.
    if (this.#confirming || this.#stop.signal.aborted) return
    this.#confirming = true
    this.#tools.clock
      .sleep(confirmAfterMs, this.#stop.signal)
      .then(() => this.#takeTurn(() => this.#confirm()))
      .catch(this.#onFailure)
  }

  async #confirm(): Promise<void> {
    this.#confirming = false
    const { clock, cursors, roots } = this.#tools
    const due = [...this.#vanished].filter(([, { sinceMs }]) => clock.now() - sinceMs >= confirmAfterMs)
    const byRoot = new Map<WatchedRoot, Cursor[]>()
    for (const [id, { cursor }] of due) {
      this.#vanished.delete(id)
      const root = roots.find(({ name }) => name === cursor.facts.root)
      if (root) byRoot.set(root, [...(byRoot.get(root) ?? []), cursor])
    }
    for (const [root, gone] of byRoot) {
      if (this.#stop.signal.aborted) return
      // Whether the root is offline is asked of what is left of it, as in a sweep.
      const known = cursors.live(root.name).length
      const found =
        gone.length < known && known - gone.length > 8
          ? known - gone.length
          : (await this.#walk(root, '')).length
      if (this.#offline(root, found, known)) continue
      for (const { facts } of gone) {
        await this.#observeMissing(root, { root: root.name, path: facts.path })
      }
    }
    if (this.#vanished.size > 0) this.#confirmSoon()
  }
}

class Tally {
  readonly #onProgress: SweepProgress | undefined
  readonly #totalFiles: number
  readonly #totalBytes: number
  #files = 0
  #bytes = 0
  #recorded = 0
  #suspect = 0

  constructor(sizes: readonly number[], onProgress: SweepProgress | undefined) {
    this.#onProgress = onProgress
    this.#totalFiles = sizes.length
    this.#totalBytes = sizes.reduce((sum, size) => sum + size, 0)
  }

  count(outcome: Outcome, bytes: number): void {
    this.#files += 1
    this.#bytes += bytes
    if (outcome === 'recorded') this.#recorded += 1
    if (outcome === 'suspect') this.#suspect += 1
    this.#onProgress?.({
      files: this.#files,
      totalFiles: this.#totalFiles,
      bytes: this.#bytes,
      totalBytes: this.#totalBytes,
    })
  }

  result(): SweepResult {
    return { files: this.#files, recorded: this.#recorded, suspect: this.#suspect }
  }
}
