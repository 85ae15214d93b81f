import { HoldfastError } from '../../src/engine/core/errors.js'
import { cursorId } from '../../src/engine/core/cursor.js'
import type { Processes } from '../../src/engine/ports/processes.js'
import type { Damage } from '../../src/engine/ports/check.js'
import { rootOffline } from '../../src/engine/core/assess.js'
import { kindOf, type WatchedRoot } from '../../src/engine/record/watched-root.js'
import {
  acceptSuspects,
  differingFiles,
  repairFiles,
  type RepairReport,
} from '../../src/engine/recover/recover.js'
import { checkAndFence } from '../../src/daemon/open-check.js'
import { tableRange } from '../../src/store/keys.js'
import { checkDense } from './checkers/dense.js'
import { checkDurable, checkNotEarly } from './checkers/durable.js'
import { checkFaithful, type DiskFile } from './checkers/faithful.js'
import { eventOf } from './checkers/ledger.js'
import { settled } from './clock.js'
import { InvariantBroken } from './failure.js'
import { startHost, startRecording, type Host, type HostTools } from './host.js'
import { Crashed, ProcessLife } from './process-life.js'
import type { World } from './world.js'

/** Longer than a file must rest before it is held against the log once more. */
const restMs = 31_000

/**
 * One process after another in a world: starts them, lets time pass for them, and runs what a daemon or a command would
 * run. A call returns false, or undefined, where the process ended in it.
 */
export class Session {
  readonly #world: World
  #life: ProcessLife
  #host: Host | null = null
  #given: HostTools | null = null
  /** What ends or begins the recording within the process; others wait for it. */
  #change: Promise<void> = Promise.resolve()
  #damage: Damage[] = []

  constructor(world: World) {
    this.#world = world
    this.#life = new ProcessLife(world.trace)
  }

  get host(): Host | null {
    return this.#host
  }

  /** The process that runs, or the last one. */
  get life(): ProcessLife {
    return this.#life
  }

  /** Starts a process. `trap` may arrange for its end. */
  async start(fullCheck: boolean, trap: (life: ProcessLife) => void): Promise<boolean> {
    const world = this.#world
    await this.#noteUnacknowledged()
    const life = new ProcessLife(world.trace)
    this.#life = life
    life.onPoint = (name) => world.onPoint(name, this.#host)
    trap(life)
    const processes: Processes = {
      holders: (paths) => this.#holders(paths),
      agents: (also) => world.runningAgents(also),
    }
    this.#given = {
      database: world.databaseFor(life),
      files: world.filesFor(life),
      processes: world.plants.processes?.(processes) ?? processes,
      hasher: world.hasher,
      clock: world.clockFor(life),
      random: world.nonces,
      identity: world.identity,
      roots: world.roots,
      home: world.home,
      point: (name) => life.point(name),
      fullCheck,
      trusting: world.plants.trusting ?? false,
      onDurable: () => {
        const reader = this.#host?.store.reader
        if (reader && !life.dead) world.guard(() => checkNotEarly(world.ledger, reader))
      },
      onFatal: (error) => this.fatal(error, life),
      hostName: world.surroundings?.name ?? 'sim',
      keys: world.surroundings?.keys,
      writing: world.surroundings?.writing ?? null,
    }
    const host = await this.pump(startHost(this.#given))
    if (!host) return false
    this.#host = host
    // Files are recorded whole once more, whoever wrote them.
    if (host.own.afterFork) world.echo.forget()
    this.#damage.push(...host.damage)
    world.trace.note(`started ${host.log.slice(0, 8)} opened=${host.own.opened} unclean=${host.unclean}`)
    for (const { base } of world.roots) {
      const watching = world.watcher.watch(
        base,
        (path) => this.#host?.recorder.hint(path),
        () => undefined,
      )
      await this.pump(watching)
    }
    return !life.dead
  }

  /** Ends the recording and begins it anew in the same process, as a daemon does whose log was fenced. */
  restart(): Promise<void> {
    const life = this.#life
    const done = this.#change.then(async () => {
      const [host, given] = [this.#host, this.#given]
      if (!host || !given || life.dead) return
      await host.stop()
      this.#host = await startRecording({ ...given, fullCheck: false }, host.store, host.streams)
      if (this.#host.own.afterFork) this.#world.echo.forget()
      this.#world.trace.note(`recording anew into ${this.#host.log.slice(0, 8)}`)
    })
    this.#change = done.catch(() => undefined)
    return done
  }

  /** Resolves when the recording neither ends nor begins. */
  settledRecording(): Promise<void> {
    return this.#change
  }

  /** Ends what the end of a process takes with it. */
  bury(): void {
    this.#host = null
    this.#change = Promise.resolve()
    this.#world.watcher.forget()
    this.#world.holders.clear()
  }

  /** Runs the world until the work is done; undefined where the process ended first. */
  async pump<T>(work: Promise<T>): Promise<T | undefined> {
    const life = this.#life
    const world = this.#world
    const end: { value?: T; error?: unknown; state: 'open' | 'done' | 'failed' } = { state: 'open' }
    work.then(
      (value) => Object.assign(end, { value, state: 'done' }),
      (error: unknown) => Object.assign(end, { error, state: 'failed' }),
    )
    for (;;) {
      await settled()
      if (world.broken !== null) throw world.broken
      if (life.dead) return undefined
      if (end.state === 'done') return end.value
      if (end.state === 'failed') {
        this.fatal(end.error, life)
        if (world.broken !== null) throw world.broken
        return undefined
      }
      if (!world.time.runNext())
        throw new InvariantBroken('simulation', 'nothing is due and work is not done')
    }
  }

  /** Lets time pass, with all that falls due in it. */
  async wait(ms: number): Promise<boolean> {
    const { time } = this.#world
    const endMs = time.nowMs + ms
    for (;;) {
      await settled()
      if (this.#world.broken !== null) throw this.#world.broken
      if (this.#host && this.#life.dead) return false
      if (!time.isDueWithin(endMs - time.nowMs)) break
      time.runNext()
    }
    time.pass(Math.max(0, endMs - time.nowMs))
    return true
  }

  async sweep(): Promise<boolean> {
    await this.pump(this.#change)
    const found = this.#host && (await this.pump(this.#host.recorder.sweep()))
    if (found) this.#world.trace.note(`swept ${JSON.stringify(found)}`)
    this.#host?.caughtUp()
    return found !== undefined
  }

  async stop(): Promise<boolean> {
    await this.pump(this.#change)
    const host = this.#host
    if (!host) return true
    await this.pump(host.stop())
    if (this.#life.dead) return false
    this.#world.trace.note('stopped')
    this.#life.end('kill')
    this.bury()
    return true
  }

  /** What `recover` does: checks all logs, records what was missed, puts back what is damaged, compares. */
  async recover(): Promise<RepairReport | undefined> {
    const { trace, plants } = this.#world
    const host = this.#host
    if (!host) return undefined
    const { recorder, tools, store } = host
    const checked = await this.pump(
      recorder.exclusively(async () => {
        await tools.writer.flush()
        const found: Damage[] = [...host.damage]
        for (const { log } of store.reader.logs()) {
          found.push(...(await checkAndFence(store, log, { full: true, unclean: true })))
        }
        if (found.length > 0) {
          for (const cursor of tools.cursors.all()) tools.cursors.set(cursor.facts, { ...cursor, size: -1 })
        }
        return found
      }),
    )
    if (!checked) return undefined
    this.#damage.push(...checked)
    this.#world.lossUnknown = false
    if (!(await this.sweep())) return undefined
    if (plants.repair) {
      await this.pump(plants.repair(host))
      return this.#life.dead ? undefined : { restored: [], unmended: [], held: [] }
    }
    const report = await this.pump(repairFiles(tools, recorder))
    if (report) trace.note(`repaired ${JSON.stringify(report)}`)
    return report
  }

  /** Takes what is suspect for intended, as `recover --accept` does. */
  async accept(): Promise<boolean> {
    const host = this.#host
    if (!host) return false
    const accepted = await this.pump(acceptSuspects(host.tools, host.recorder))
    this.#world.trace.note(`accepted ${JSON.stringify(accepted)}`)
    return accepted !== undefined
  }

  /** Every file that `recover` would still report after its work. */
  async differing(): Promise<string[] | undefined> {
    const host = this.#host
    if (!host) return undefined
    const found = await this.pump(differingFiles(host.tools, host.recorder))
    const offline = this.offlineRoots()
    return found?.differing
      .filter(({ root, kind }) => kind !== 'missing' || !offline.has(root))
      .map(({ root, path, kind }) => `${root}/${path} (${kind})`)
  }

  /** Lets everything come to rest: all hints told, all looked at, and looked at again when it was long enough at rest. */
  async quiesce(): Promise<boolean> {
    this.#world.agents.rest()
    for (const ms of [1000, 1000, restMs, restMs]) {
      if (!(await this.wait(ms)) || !(await this.sweep())) return false
    }
    return (await this.wait(1000)) && (await this.sweep())
  }

  /** Holds what was said to hold against the world at rest. `mended`: after a recovery, nothing is excused. */
  async check(mended: boolean): Promise<boolean> {
    const host = this.#host
    if (!host) return false
    const { ledger, trace } = this.#world
    const { reader } = host.store
    await this.pump(host.writeBack?.flushWritten() ?? host.tools.writer.flush())
    if (this.#life.dead) return false
    checkNotEarly(ledger, reader)
    await checkDurable(ledger, reader)
    if (mended) await checkDense(ledger, reader, this.#damage)
    if (this.#world.lossUnknown) return true
    const files = this.#world.roots.flatMap((root) => this.#diskFiles(root))
    const offline = this.offlineRoots()
    const suspects = new Set(
      [...host.tools.cursors.all()]
        .filter(({ suspect }) => suspect !== null)
        .map(({ facts }) => cursorId(facts)),
    )
    const isSuspect = (root: string, path: string): boolean => suspects.has(cursorId({ root, path }))
    await checkFaithful(reader, { log: host.log, files, offline, isSuspect, afterFork: host.own.afterFork })
    trace.note(`checked ${files.length} files, ${suspects.size} suspect`)
    return true
  }

  /** The recordable files of a root as they are on the disk. */
  #diskFiles(root: WatchedRoot): DiskFile[] {
    return [...this.#world.disk.walk(root.base)]
      .map(({ path, inode }) => ({
        root: root.name,
        path: path.slice(root.base.length + 1),
        bytes: inode.bytes,
      }))
      .filter(({ path }) => kindOf(root, path) !== null)
  }

  /** Roots that are gone or empty as a whole, where files are known. */
  offlineRoots(): Set<string> {
    const cursors = this.#host?.tools.cursors
    const offline = this.#world.roots.filter((root) => {
      const known = cursors?.live(root.name).length ?? 0
      const exists = this.#world.disk.find(root.base) !== undefined
      return rootOffline({ exists, found: this.#diskFiles(root).length, known })
    })
    return new Set(offline.map(({ name }) => name))
  }

  #holders(paths: readonly string[]): { known: boolean; byPath: Map<string, number[]> } {
    const byPath = new Map<string, number[]>()
    for (const path of paths) {
      const pids = [...(this.#world.holders.get(path) ?? []), ...(this.#world.agents.holding?.(path) ?? [])]
      if (pids.length > 0) byPath.set(path, pids)
    }
    this.#world.untouched.lookedAtFiles()
    return { known: true, byPath }
  }

  /** What a crash left whole in the store without an acknowledgement has its name all the same. */
  async #noteUnacknowledged(): Promise<void> {
    const { device, ledger } = this.#world
    for (const [key, value] of await device.entries(tableRange('event'))) {
      const offset = Number(key.readBigUInt64BE(17))
      if (offset < ledger.count(key.toString('hex', 1, 17))) continue
      if (eventOf(key, value)) ledger.note([{ type: 'put', key, value }])
    }
  }

  /** A failure of the store ends the process, as it ends the daemon. Any other one is a fault. */
  fatal(error: unknown, life: ProcessLife): void {
    if (life.dead || error instanceof Crashed) return
    if (error instanceof HoldfastError && error.code === 'DISK_FULL') {
      this.#world.trace.note('ended: the disk is full')
      life.end('kill')
      return
    }
    this.#world.broken ??= error
  }
}
