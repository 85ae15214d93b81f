import { HoldfastError } from '../core/errors.js'
import { FileError } from '../ports/files.js'
import { absolutePath } from '../record/watched-root.js'
import { logAllWritten, logWritten } from '../record/written-state.js'
import type { StreamEntry, StreamIndex } from '../streams/stream-index.js'
import { finishWrite } from './finish-writes.js'
import { LatestSurvey } from './latest-survey.js'
import { localPlace } from './local-place.js'
import { Mirrors } from './mirror.js'
import { prepare } from './prepare.js'
import { isRootOffline } from './root-offline.js'
import { sweepReplaced } from './replaced-files.js'
import { StreamVersions } from './stream-version.js'
import { intentOf, writeFile, type WriteJob } from './write-file.js'
import type { LiveCheck } from './live-decision.js'
import type { HeldFile, WriteTools, WrittenFile } from './write-tools.js'

export interface SettleOptions {
  /** How long after somebody else's last append a file counts as live. Default: as configured. */
  readonly quietTimeMs?: number
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface SettleResult {
  readonly written: readonly WrittenFile[]
  readonly held: readonly HeldFile[]
}

export interface WriteBackOptions {
  /** This host's home directory and platform, as its files are named by them. */
  readonly home: string
  readonly platform: string
  /** Called when there may be something to do. */
  readonly onWake?: () => void
}

interface Taken {
  readonly key: string
  readonly job: WriteJob
  readonly check: LiveCheck
  readonly whole: boolean
  readonly version: string
}

/** Files looked at in one turn of the recorder, and the bytes and time after which it ends: recording waits meanwhile. */
const turnMaxFiles = 64
const turnMaxMs = 50
/** How old the look at running agents may be when a file is written: no agent starts and reads a session in less. */
const surveyMaxAgeMs = 25
const turnMaxBytes = 4 * 1024 * 1024
/** The most times that one stream is looked at in one `settle`: whoever keeps changing it is waited for elsewhere. */
const roundsMax = 1000

interface Held extends HeldFile {
  readonly retryAtMs: number
}

/**
 * Makes this host's files what their streams say, where that is safe: no live agent on them, nobody who holds them open,
 * every byte that goes in the log. What can't be written now is held, with the reason, and looked at again.
 *
 * Looks take turns, in each a bounded part: intents in one synced batch, then the last look at who holds the files, then
 * the writes, then cursors in a batch that nobody waits for.
 */
export class WriteBack {
  readonly #tools: WriteTools
  readonly #options: WriteBackOptions
  readonly #mirrors: Mirrors
  readonly #versions: StreamVersions
  /** Keys of streams to be looked at. */
  readonly #dirty = new Set<string>()
  readonly #held = new Map<string, Held>()
  /** How many times in a row somebody was quicker, by the stream's key. */
  readonly #changed = new Map<string, number>()
  readonly #unlisten: () => void
  #turn: Promise<unknown> = Promise.resolve()
  #begun = false

  constructor(tools: WriteTools, options: WriteBackOptions) {
    this.#tools = tools
    this.#options = options
    this.#mirrors = new Mirrors(tools)
    this.#versions = new StreamVersions(tools)
    this.#unlisten = tools.streams.onTouched((keys) => {
      for (const key of keys) this.#dirty.add(key)
      options.onWake?.()
    })
  }

  /** What is not as it should be, left so on purpose; by root and path. */
  get held(): readonly HeldFile[] {
    return [...this.#held.values()].toSorted((a, b) => compare(a.root, b.root) || compare(a.path, b.path))
  }

  /** When the first held file is to be looked at again, by the clock; null where none is held. */
  get retryAtMs(): number | null {
    let first: number | null = null
    for (const { retryAtMs } of this.#held.values()) first = Math.min(first ?? retryAtMs, retryAtMs)
    return first
  }

  /** Looks at every stream that may differ, whatever it was held for. Resolves when each is written, held, or as it should be. */
  settle(options: SettleOptions = {}): Promise<SettleResult> {
    return this.#inTurn(async () => {
      await this.#begin()
      for (const key of this.#held.keys()) this.#dirty.add(key)
      return this.#run(options)
    })
  }

  /** As `settle`, of what changed and of what was held long enough. */
  pass(): Promise<SettleResult> {
    return this.#inTurn(async () => {
      await this.#begin()
      const now = this.#tools.clock.now()
      for (const [key, { retryAtMs }] of this.#held) if (retryAtMs <= now) this.#dirty.add(key)
      return this.#run({})
    })
  }

  /** Says in the log what was written and no event says yet. */
  flushWritten(): Promise<void> {
    return this.#tools.recorder.exclusively(() => logAllWritten(this.#tools))
  }

  /** Looks for what was written into files after they were replaced. */
  async sweepReplaced(): Promise<void> {
    for (const root of this.#tools.roots)
      await this.#tools.recorder.exclusively(async () => {
        try {
          await sweepReplaced(this.#tools, root)
        } catch (error) {
          // A root that can't be read just now, or a log with damage, ends nothing else: the next look tries again.
          if (!(error instanceof FileError) && !isDamage(error)) throw error
        }
      })
  }

  /** Ends after the turn under way. */
  async stop(): Promise<void> {
    this.#unlisten()
    await this.#turn.catch(() => undefined)
  }

  /** At first every stream that other hosts' events came into since its file was last put in order. */
  async #begin(): Promise<void> {
    if (this.#begun) return
    this.#begun = true
    const { host, streams } = this.#tools
    for (const entry of (await streams.index()).all())
      if (!isOwnAlone(entry, host)) this.#dirty.add(entry.stream.key)
  }

  /** Whether nothing that others say of a stream came since its file here was last in order. */
  #isInOrder({ files }: StreamEntry, version: string): boolean {
    const { cursors, host } = this.#tools
    return files.some((each) => {
      if (each.host !== host) return false
      const { root, path } = each.file.facts
      const cursor = cursors.get({ root, path })
      return cursor?.state === 'live' && cursor.mergedUpTo === version
    })
  }

  async #run({ quietTimeMs, onProgress, signal }: SettleOptions): Promise<SettleResult> {
    const { streams, recorder } = this.#tools
    const written = new Map<string, WrittenFile>()
    const rounds = new Map<string, number>()
    let done = 0
    for (;;) {
      const index = await streams.index()
      const keys = [...this.#dirty].filter((key) => (rounds.get(key) ?? 0) < roundsMax)
      if (keys.length === 0 || signal?.aborted) break
      const survey = new LatestSurvey(this.#tools)
      const turn = { index, survey, quietTimeMs: quietTimeMs ?? this.#tools.quietTimeMs(), written }
      while (keys.length > 0) {
        if (signal?.aborted) break
        await this.#warm(index, keys)
        await recorder.exclusively(async () => {
          const taken = await this.#turnOf(keys, turn)
          for (const key of taken) rounds.set(key, (rounds.get(key) ?? 0) + 1)
          done += taken.length
        })
        onProgress?.(done, done + keys.length)
      }
    }
    return { written: [...written.values()], held: this.held }
  }

  /** Merges what the next turn will ask for, while the recorder goes on with its own. */
  async #warm(index: StreamIndex, keys: readonly string[]): Promise<void> {
    for (const key of keys.slice(0, turnMaxFiles)) {
      const entry = index.get(key)
      if (!entry || isOwnAlone(entry, this.#tools.host)) continue
      try {
        if (await this.#mirrors.isPlain(entry)) continue
        await this.#tools.streams.view(key, (view) => view.heads())
      } catch (error) {
        // Told when its turn comes.
        if (!isDamage(error)) throw error
      }
      // What is merged first would give way to what is merged last.
      return
    }
  }

  /** Takes keys from the front as far as one turn goes. @returns those it looked at */
  async #turnOf(
    keys: string[],
    turn: {
      readonly index: StreamIndex
      readonly survey: LatestSurvey
      readonly quietTimeMs: number
      readonly written: Map<string, WrittenFile>
    },
  ): Promise<string[]> {
    const taken: string[] = []
    const jobs: Taken[] = []
    const startedMs = this.#tools.clock.now()
    const isShort = (): boolean => taken.length === 0 || this.#tools.clock.now() - startedMs < turnMaxMs
    let bytes = 0
    while (keys.length > 0 && taken.length < turnMaxFiles && bytes < turnMaxBytes && isShort()) {
      const key = keys.shift() ?? ''
      taken.push(key)
      this.#dirty.delete(key)
      const entry = turn.index.get(key)
      if (!entry || isOwnAlone(entry, this.#tools.host)) {
        this.#held.delete(key)
        continue
      }
      const found = await this.#prepare(entry, turn)
      if (found.kind !== 'job') continue
      jobs.push({ key, ...found })
      bytes += found.job.plan.length - found.job.plan.keep
    }
    if (jobs.length > 0) await this.#write(jobs, turn)
    return taken
  }

  async #prepare(
    entry: StreamEntry,
    turn: { readonly index: StreamIndex; readonly survey: LatestSurvey; readonly quietTimeMs: number },
  ) {
    const { key, root: rootName, project, rest } = entry.stream
    const none = { kind: 'none' } as const
    const hold = (path: string, file: string | null, reason: string, retryAfterMs: number): typeof none => {
      const retryAtMs = this.#tools.clock.now() + retryAfterMs
      this.#held.set(key, { root: rootName, path, file, stream: key, reason, retryAtMs })
      return none
    }
    try {
      // Taken before the look: what arrives meanwhile is looked at for itself.
      const version = await this.#versions.of(entry, this.#tools.host)
      if (this.#isInOrder(entry, version)) {
        this.#held.delete(key)
        return none
      }
      const place = await localPlace(this.#tools, turn.index, entry, this.#options)
      if (place.kind === 'none' || !this.#tools.policy(rootName, project).back) {
        this.#held.delete(key)
        return none
      }
      if (place.kind === 'homeless') return hold(rest, null, place.reason, homelessRetryMs)
      const file = absolutePath(place.root, place.path)
      const owner = this.#tools.ownedBy(rootName)
      if (owner !== null)
        return hold(place.path, file, `the Holdfast of ${owner} writes this root`, homelessRetryMs)
      if (!this.#tools.files.stat(file) && isRootOffline(this.#tools, place.root))
        return hold(place.path, file, 'the root is offline', homelessRetryMs)
      const found = await prepare(
        this.#tools,
        this.#mirrors,
        () => turn.survey.get(),
        entry,
        place,
        turn.quietTimeMs,
      )
      if (found.kind === 'held') return hold(place.path, file, found.reason, found.retryAfterMs)
      this.#held.delete(key)
      if (found.kind === 'none') this.#noteInOrder(version, place.root.name, place.path)
      return { ...found, version }
    } catch (error) {
      if (isDamage(error)) {
        this.#mirrors.forget(key)
        return hold(rest, null, damagedReason, homelessRetryMs)
      }
      if (!(error instanceof FileError)) throw error
      return hold(rest, error.path, error.message, fileErrorRetryMs)
    }
  }

  async #write(
    jobs: readonly Taken[],
    turn: {
      readonly survey: LatestSurvey
      readonly quietTimeMs: number
      readonly written: Map<string, WrittenFile>
    },
  ): Promise<void> {
    const { cursors, writer, clock } = this.#tools
    const intents = jobs.map(({ job }) => ({ key: job.key, intent: intentOf(job) }))
    await cursors.submit({ events: [], intents }, writer)
    await writer.flush()
    // The look that counts: after the intent, with nothing but the writes behind it.
    const survey = turn.survey.get(surveyMaxAgeMs)
    const open = survey.openPaths(jobs.filter(({ job }) => job.cursor).map(({ check }) => check.path))
    for (const { key, version, job, check, whole } of jobs) {
      const sign = survey.signs(check, turn.quietTimeMs)
      const live = sign.live ? sign : open.get(check.path)
      const { root, path } = job.key
      const hold = (reason: string, retryAfterMs: number): void => {
        const place = { root, path, file: check.path, stream: key }
        this.#held.set(key, { ...place, reason, retryAtMs: clock.now() + retryAfterMs })
      }
      const dropped = { events: [], intents: [{ key: job.key, intent: null }] }
      if (live) {
        hold(live.reason, live.retryAfterMs)
        await cursors.submit(dropped, writer)
        continue
      }
      try {
        const outcome = await writeFile(this.#tools, job)
        if (outcome.kind === 'changed') {
          this.#mirrors.forget(key)
          // What stands there is his: a line that begins as ours does must not be taken for ours.
          if (outcome.begun) await finishWrite(this.#tools, intentOf(job))
          else await cursors.submit(dropped, writer)
          hold('somebody is writing it', this.#retryAfter(key))
          continue
        }
        this.#mirrors.written(key, job.plan.length)
        this.#changed.delete(key)
        const { unlogged } = cursors.get(job.key)?.written ?? {}
        // It is kept with the cursor, and written anew with it at every write.
        if (unlogged && unlogged.pieces.length > unloggedMaxPieces) await logWritten(this.#tools, job.key)
        const before = turn.written.get(key)?.bytes ?? 0
        turn.written.set(key, { root, path, bytes: before + outcome.bytes })
        if (whole) this.#noteInOrder(version, root, path)
        else this.#dirty.add(key)
      } catch (error) {
        if (!isDamage(error) && !(error instanceof FileError)) throw error
        this.#mirrors.forget(key)
        // A full disk may have taken a part of it: that part is ours, and nobody's append.
        await finishWrite(this.#tools, intentOf(job))
        if (error instanceof FileError) hold(error.message, fileErrorRetryMs)
        else hold(damagedReason, homelessRetryMs)
      }
    }
  }

  /** Soon at first, for an agent writes in bursts; then less and less often. */
  #retryAfter(key: string): number {
    const times = this.#changed.get(key) ?? 0
    this.#changed.set(key, times + 1)
    return Math.min(changedRetryMs * 2 ** times, homelessRetryMs)
  }

  /** Saved with the cursors now and then: losing it costs a look. */
  #noteInOrder(mergedUpTo: string, root: string, path: string): void {
    const { cursors } = this.#tools
    const cursor = cursors.get({ root, path })
    if (cursor && cursor.mergedUpTo !== mergedUpTo) cursors.set({ root, path }, { ...cursor, mergedUpTo })
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

/** How soon a file is looked at again that has no place here, whose disk refused, or that changed under our hands. */
const homelessRetryMs = 60_000
const fileErrorRetryMs = 10_000
const changedRetryMs = 200
const unloggedMaxPieces = 256

const damagedReason = 'a part of it can’t be read in the log: run `holdfast recover`'

function isDamage(error: unknown): boolean {
  return error instanceof HoldfastError && error.code === 'STORE_DAMAGED'
}

function isOwnAlone({ files, resolutions }: StreamEntry, host: string): boolean {
  return resolutions.length === 0 && files.every((each) => each.host === host)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
