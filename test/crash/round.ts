import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplayResult } from '../../src/daemon/operations/replay.js'
import type { RecoverResult } from '../../src/daemon/operations/recover-result.js'
import type { StatusResult } from '../../src/daemon/operations/status.js'
import type { VerifyResult } from '../../src/daemon/operations/verify.js'
import { SeededRandom } from '../fixtures-gen/random.js'
import { Agent } from './agent.js'
import type { TrueFile } from './agent.js'
import { damageFile, deletedFile, whyWrong } from './damage.js'
import type { Damage } from './damage.js'
import { killHard, Machine } from './machine.js'
import { generatedSeries } from './series.js'
import type { Series } from './series.js'
import { readTree } from './tree.js'

export interface RoundOptions {
  readonly seed: number | string
  readonly series: readonly Series[]
  /** Ends after the recovery in which this many were reached. */
  readonly kills: number
  readonly say?: (line: string) => void
}

export interface RoundCounts {
  daemonKills: number
  recoverKills: number
  damaged: number
  restored: number
  recoveries: number
}

/** What was acknowledged at a moment, and what the files were then. */
interface Acknowledged {
  readonly log: string
  readonly events: number
  readonly bytes: number
  readonly rewrites: ReadonlyMap<TrueFile, number>
}

/**
 * One machine on which an agent works while the daemon, and the recoveries after it, are killed at random moments and
 * files are damaged. After each recovery all is compared with what the agent truly wrote. Throws at the first
 * difference, with the seed.
 */
export async function runRound(options: RoundOptions): Promise<RoundCounts> {
  const round = new Round(options)
  try {
    await round.run()
    return round.counts
  } catch (error) {
    const story = round.story.slice(-40).join('\n  ')
    throw new Error(`seed ${options.seed}: ${String(error)}\n  ${story}\n${round.machine.log()}`, {
      cause: error,
    })
  } finally {
    await round.machine.dispose()
  }
}

class Round {
  readonly counts: RoundCounts = { daemonKills: 0, recoverKills: 0, damaged: 0, restored: 0, recoveries: 0 }
  readonly story: string[] = []
  readonly machine = new Machine()
  readonly #options: RoundOptions
  readonly #random: SeededRandom
  readonly #agent: Agent
  /** What the log held of everything after so many events, each as it was read first. */
  readonly #moments = new Map<string, ReadonlyMap<string, Buffer>>()
  #recoverMs = 800

  constructor(options: RoundOptions) {
    this.#options = options
    this.#random = new SeededRandom(`round ${options.seed}`)
    const random = new SeededRandom(`agent ${options.seed}`)
    let more = 0
    this.#agent = new Agent(this.machine.userHome, options.series, random, () =>
      generatedSeries(`${options.seed} and more ${more++}`, 600_000),
    )
  }

  get #kills(): number {
    return this.counts.daemonKills + this.counts.recoverKills
  }

  async run(): Promise<void> {
    // Nothing is there yet: identity, store and log come into being under the kills.
    await this.#startAndKill()
    while (this.#kills < this.#options.kills) {
      if (this.machine.daemonPid() === null) await this.machine.startDaemon()
      const acknowledged = await this.#workUntilKilled()
      const damages = this.#damageSome()
      const untouched = new Set(damages.map(({ file }) => file))
      if (this.#random.chance(0.35)) await this.#restartByService(untouched)
      await this.#recover()
      await this.#check(acknowledged, damages)
    }
    for (const [at, tree] of this.#moments)
      this.#same(await this.#replay({ at }), tree, `the replay at ${at}`)
  }

  #say(line: string): void {
    this.story.push(line)
    this.#options.say?.(line)
  }

  async #workUntilKilled(): Promise<Acknowledged> {
    const random = this.#random
    const work = this.#agent.work(80 + random.int(400))
    await sleep(random.int(150))
    const rewrites = new Map(this.#agent.files.map((file) => [file, file.rewrites]))
    const { log, events, bytes } = await this.machine.call<StatusResult>('status', {})
    if (log === null) throw new Error('the daemon names no log')
    if (random.chance(0.5)) await sleep(random.int(300))
    await this.machine.killDaemon()
    this.counts.daemonKills += 1
    this.#say(`acknowledged ${events} events, ${bytes} bytes; killed the daemon`)
    if (random.chance(0.5)) await this.#holds(events, bytes)
    await work
    return { log, events, bytes, rewrites }
  }

  /** Before anything is mended or recorded again: what was acknowledged is in the store that the daemon left. */
  async #holds(events: number, bytes: number): Promise<void> {
    const left = await this.machine.call<StatusResult>('status', {})
    if (left.events < events || left.bytes < bytes)
      throw new Error(
        `acknowledged ${events} events, ${bytes} bytes; there are ${left.events}, ${left.bytes}`,
      )
  }

  #damageSome(): Damage[] {
    const random = this.#random
    const damages: Damage[] = []
    const share = random.pick([0, 0.2, 0.5])
    if (random.chance(0.08)) {
      this.#say('deleted all that Claude Code keeps')
      const below = this.#agent.files.filter(
        (file) => file.path.startsWith('.claude/') && file.onDisk() !== null,
      )
      damages.push(...below.map(deletedFile))
      rmSync(join(this.machine.userHome, '.claude'), { recursive: true, force: true })
    }
    for (const file of this.#agent.files) {
      const damage = random.chance(share) ? damageFile(file, random) : null
      if (!damage) continue
      damages.push(damage)
      const { kind, left, continued } = damage
      const was = file.content.length
      this.#say(
        `${kind} ${file.path}: ${was} to ${left?.length ?? 'nothing'}${continued ? ', continued' : ''}`,
      )
    }
    this.counts.damaged += damages.length
    return damages
  }

  /** A service starts the daemon again, perhaps more than once; the agent works on in the files that are whole. */
  async #restartByService(untouched: ReadonlySet<TrueFile>): Promise<void> {
    const random = this.#random
    await this.#startAndKill()
    await this.machine.startDaemon()
    this.#say('restarted by a service')
    await this.#agent.work(random.int(200), untouched)
  }

  async #startAndKill(): Promise<void> {
    while (this.#random.chance(0.4)) {
      const starting = this.machine.spawn(['daemon', 'run'])
      await sleep(this.#random.int(700))
      if (!(await killHard(starting))) throw new Error(`the daemon ended: ${(await starting.ended).stderr}`)
      this.counts.daemonKills += 1
      this.#say('killed the daemon as it started')
    }
  }

  /** Runs `recover`; killed some times first, it or the daemon that works for it. */
  async #recover(): Promise<void> {
    const random = this.#random
    for (let kills = random.pick([0, 0, 1, 1, 2, 3]); kills > 0; kills--) {
      const recover = this.machine.spawn(['recover', '--json'])
      const after = random.int(random.chance(0.5) ? 400 : this.#recoverMs * 1.2)
      await sleep(after)
      if (this.machine.daemonPid() !== null && random.chance(0.5)) {
        await this.machine.killDaemon()
        this.counts.daemonKills += 1
        const { code } = await recover.ended
        this.#say(`killed the daemon ${after} ms after recover began, which ended with ${code}`)
      } else if (await killHard(recover)) {
        this.counts.recoverKills += 1
        this.#say(`killed recover after ${after} ms`)
      }
    }
    const began = performance.now()
    const result = await this.machine.json<RecoverResult>(['recover'])
    this.#recoverMs = performance.now() - began
    this.counts.recoveries += 1
    this.counts.restored += result.restored.length
    const { recorded, restored, unmended, held, newLog } = result
    this.#say(
      `recover: ${recorded} events, restored ${restored.map(({ path }) => path).join(', ') || 'nothing'}`,
    )
    if (unmended.length + held.length > 0 || newLog !== null) throw new Error(JSON.stringify(result))
  }

  async #check(acknowledged: Acknowledged, damages: readonly Damage[]): Promise<void> {
    const { log, events, bytes, rewrites } = acknowledged
    const status = await this.machine.call<StatusResult>('status', {})
    if (status.log !== log) throw new Error(`another log: ${log}, then ${status.log}`)
    await this.#holds(events, bytes)
    if (status.suspects.length > 0) throw new Error(`still suspect: ${JSON.stringify(status.suspects)}`)
    const at = `${log}@${events}`
    const then = await this.#replay({ at })
    this.#moments.set(at, then)
    for (const file of this.#agent.files) {
      const damage = damages.find((each) => each.file === file)
      const now = file.onDisk()
      const known = then.get(file.replayPath) ?? Buffer.alloc(0)
      if (!file.once(known)) throw new Error(`${file.path}: ${at} never was`)
      if (!damage) {
        if (!(now ?? Buffer.alloc(0)).equals(file.content))
          throw new Error(`${file.path}: not what was written`)
        continue
      }
      const follows =
        rewrites.get(file) === file.rewrites && file.content.subarray(0, known.length).equals(known)
      const wrong = whyWrong(damage, now, follows ? known : null)
      if (wrong !== null) throw new Error(`${file.path}: ${wrong}`)
      file.turnTo(now ?? Buffer.alloc(0))
    }
    const onDisk = new Map<string, Buffer>()
    for (const file of this.#agent.files) {
      const bytesNow = file.onDisk()
      if (bytesNow !== null) onDisk.set(file.replayPath, bytesNow)
    }
    this.#same(await this.#replay({ verify: true }), onDisk, 'the replay')
    const verified = await this.machine.call<VerifyResult>('verify', {})
    if (!verified.ok) throw new Error(JSON.stringify(verified.problems))
    for (const path of readTree(this.machine.userHome).keys()) {
      if (path.includes('.holdfast-')) throw new Error(`${path} was left behind`)
    }
  }

  async #replay(args: { readonly at?: string; readonly verify?: boolean }): Promise<Map<string, Buffer>> {
    const to = join(this.machine.folder, 'replayed')
    const request = { verify: false, ...args, to }
    const { mismatches } = await this.machine.call<ReplayResult>('replay', request)
    if (mismatches.length > 0) throw new Error(`replay: ${JSON.stringify(mismatches)}`)
    const tree = readTree(to)
    rmSync(to, { recursive: true })
    return tree
  }

  #same(got: ReadonlyMap<string, Buffer>, wanted: ReadonlyMap<string, Buffer>, what: string): void {
    for (const [path, bytes] of wanted) {
      const other = got.get(path)
      if (!other?.equals(bytes))
        throw new Error(`${what} of ${path}: ${other?.length} bytes, not ${bytes.length}`)
    }
    for (const path of got.keys())
      if (!wanted.has(path)) throw new Error(`${what} has ${path}, which is not there`)
  }
}
