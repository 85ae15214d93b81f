import type { Hasher } from '../../src/engine/ports/hash.js'
import { difference } from './checkers/faithful.js'
import { holds, InvariantBroken, type CheckerName } from './failure.js'
import { Mishaps } from './mishaps.js'
import type { ProcessLife } from './process-life.js'
import { Session } from './session.js'
import { Trace } from './trace.js'
import { World, type Plants } from './world.js'

export interface SimulationOptions {
  readonly seed: number | string
  readonly steps: number
  readonly hasher: Hasher
  readonly print?: (line: string) => void
  readonly plants?: Plants
}

export interface SimulationResult {
  readonly seed: string
  /** The step that the failure came in, or the number of steps. */
  readonly step: number
  readonly failure: { readonly checker: CheckerName | 'error'; readonly message: string } | null
  /** Hash over everything that happened, in order. */
  readonly hash: string
  /** The last things that happened. */
  readonly tail: readonly string[]
}

/** Runs one seed from an empty machine to a final recovery, with all checks. Never throws for a broken invariant. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const seed = String(options.seed)
  const trace = new Trace(options.print)
  const world = new World(seed, options.hasher, trace, options.plants ?? {})
  trace.note(`plan ${JSON.stringify(world.plan)}`)
  const run = new Run(world)
  let failure: SimulationResult['failure'] = null
  try {
    await run.steps(options.steps)
  } catch (error) {
    const checker = error instanceof InvariantBroken ? error.checker : 'error'
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    failure = { checker, message: error instanceof InvariantBroken ? error.message : message }
    trace.note(`broken: ${checker}: ${error instanceof Error ? error.message : String(error)}`)
  }
  return { seed, step: run.step, failure, hash: trace.digest(), tail: trace.tail() }
}

/** The steps of one run: agents act, time passes, processes come and go. */
class Run {
  readonly #world: World
  readonly #session: Session
  readonly #mishaps: Mishaps
  step = 0
  /** What files must hold when the recovery after a power loss is over. */
  #expected: ReadonlyMap<string, Buffer> = new Map()

  constructor(world: World) {
    this.#world = world
    this.#session = new Session(world)
    this.#mishaps = new Mishaps(world)
  }

  async steps(count: number): Promise<void> {
    for (this.step = 0; this.step < count; this.step += 1) {
      this.#world.trace.note(`step ${this.step} at ${this.#world.time.nowMs.toFixed(2)}`)
      if (!this.#session.host) await this.#start()
      if (this.#session.host) await this.#something()
      if (this.#session.life.dead && this.#session.host) await this.#afterEnd()
      this.#world.meddling = false
    }
    await this.#finish()
  }

  async #something(): Promise<void> {
    const { random, plan, faults } = this.#world
    const session = this.#session
    this.#world.meddling = true
    if (faults.chance(plan.crashChance)) this.#setTrap(session.life)
    const dice = random.int(100)
    if (dice < 50) for (let left = 1 + random.int(5); left > 0; left -= 1) this.#world.act()
    else if (dice < 68) await session.wait(random.chance(0.7) ? random.int(400) : random.int(70_000))
    else if (dice < 84) await session.sweep()
    else if (dice < 87) this.#witness()
    else if (dice < 90) await this.#stopAndMeddle()
    else if (dice < 95) await this.#rest(false)
    else if (dice < 98) await this.#recover()
    else await this.#mishaps.backUp()
  }

  async #start(): Promise<void> {
    const { faults, plan, random } = this.#world
    const trap = (life: ProcessLife): void => {
      if (faults.chance(plan.crashChance)) this.#setTrap(life)
    }
    const started = await this.#session.start(random.chance(0.2), trap)
    if (!started) {
      await this.#afterEnd()
      return
    }
    if (this.#world.random.chance(0.8)) await this.#session.sweep()
  }

  #setTrap(life: ProcessLife): void {
    const { faults, plan } = this.#world
    life.endAfter(faults.int(80), faults.chance(plan.powerLossChance) ? 'power-loss' : 'kill')
  }

  #witness(): void {
    try {
      this.#session.host?.own.witness()
    } catch {
      // The process ended there.
    }
  }

  async #stopAndMeddle(): Promise<void> {
    const { random } = this.#world
    if (!(await this.#session.stop())) return
    for (let left = random.int(6); left > 0; left -= 1) this.#world.act()
    await this.#mishaps.whileStopped()
    await this.#session.wait(random.int(90_000))
  }

  async #rest(mended: boolean): Promise<void> {
    this.#world.meddling = false
    if (await this.#session.quiesce()) await this.#session.check(mended)
  }

  async #recover(): Promise<void> {
    const { random, holders, disk } = this.#world
    if (random.chance(0.3))
      for (const { path } of disk.walk('/home')) if (random.chance(0.3)) holders.set(path, [42])
    await this.#session.recover()
    holders.clear()
  }

  /** The process is gone, by a crash or by a full disk. */
  async #afterEnd(): Promise<void> {
    const { life } = this.#session
    const { random, device, trace } = this.#world
    this.#world.meddling = false
    this.#session.bury()
    await device.afterCrash(life.mode)
    trace.note(`ended by ${life.mode}`)
    if (life.mode === 'power-loss') {
      const strictly = random.chance(0.7)
      if (strictly) this.#world.agents.rest()
      this.#expected = await this.#mishaps.losePower()
      if (strictly) {
        await this.#recoverStrictly()
        return
      }
    }
    this.#expected = new Map()
    for (let left = random.int(4); left > 0; left -= 1) this.#world.act()
    await this.#mishaps.whileStopped()
  }

  /** A recovery right after a power loss, itself cut short now and then: then nothing acknowledged may be missing. */
  async #recoverStrictly(): Promise<void> {
    const { faults, disk, device } = this.#world
    for (let left = faults.int(4); ; left -= 1) {
      const trap = (life: ProcessLife): void => {
        if (left > 0) life.endAfter(faults.int(150), faults.chance(0.5) ? 'power-loss' : 'kill')
      }
      const started = this.#session.host ? true : await this.#session.start(faults.chance(0.5), trap)
      const report = started ? await this.#session.recover() : undefined
      if (report && !this.#session.life.dead) {
        const full = report.unmended.some(({ why }) => why.startsWith('ENOSPC'))
        if (full) continue
        break
      }
      this.#session.bury()
      await device.afterCrash(this.#session.life.mode)
      if (this.#session.life.mode === 'power-loss') await this.#mishaps.losePower()
    }
    this.#session.life.spare()
    for (const [path, bytes] of this.#expected) {
      const now = disk.find(path)?.bytes
      const same = now?.subarray(0, bytes.length).equals(bytes) ?? false
      holds(
        same,
        'faithful',
        () => `${path} after recovery: ${now ? difference(bytes, now) : 'is not there'}`,
      )
    }
    this.#expected = new Map()
  }

  /** No more mishaps: a start, a recovery, rest; then all must hold, and a new start must find nothing to do. */
  async #finish(): Promise<void> {
    const world = this.#world
    const session = this.#session
    world.trace.note('finish')
    world.meddling = false
    world.device.faults = { fullChance: 0 }
    Object.assign(world.plan, { fullChance: 0 })
    session.life.spare()
    world.agents.rest()
    if (!session.host) await this.#must(session.start(false, () => undefined))
    await this.#repairAll()
    await this.#must(session.quiesce())
    await this.#repairAll()
    const differing = await session.differing()
    holds(differing?.length === 0, 'faithful', () => `after recovery: ${differing?.join(', ')}`)
    await this.#must(session.check(true))
    await this.#must(session.stop())
    const before = world.ledger.count(world.identity.witness?.log ?? '')
    await this.#must(session.start(true, () => undefined))
    await this.#must(session.quiesce())
    const after = world.ledger.count(world.identity.witness?.log ?? '')
    holds(
      before === after,
      'echo-free',
      () => `a second start recorded ${after - before} events of nothing new`,
    )
    await this.#must(session.check(true))
  }

  async #repairAll(): Promise<void> {
    const report = await this.#session.recover()
    const { plan } = this.#world
    // Where the store lost events too, a file may be beyond repair: that is said, and then accepted.
    const beyond = plan.corruptChance > 0 || plan.rollBackChance > 0
    const offline = this.#session.offlineRoots()
    const left = [...(report?.unmended ?? []), ...(report?.held ?? [])]
      .filter(({ why }) => !beyond || !why.startsWith('the log'))
      .filter(({ root }) => !offline.has(root))
      // Somebody edited it within the tick in which it was assessed: recovery refuses, and a person accepts it.
      .filter(({ why }) => why !== 'it holds bytes that are not in the log')
    holds(
      report !== undefined && left.length === 0,
      'faithful',
      () => `not repaired: ${JSON.stringify(left)}`,
    )
    if (report && report.unmended.length + report.held.length > 0) await this.#must(this.#session.accept())
  }

  async #must(done: Promise<boolean>): Promise<void> {
    if (!(await done)) throw new InvariantBroken('simulation', 'a process ended where none may')
  }
}
