import type { LogId } from '../../../src/engine/core/event.js'
import {
  checkConvergent,
  checkSameEvents,
  deriveViews,
  type HostStore,
  type HostViews,
} from '../checkers/convergent.js'
import { checkForks } from '../checkers/forks.js'
import { checkSameConflicts, type HostConflicts } from '../checkers/same-conflicts.js'
import { checkShown } from '../checkers/authored.js'
import { checkWrittenBack } from '../checkers/written-back.js'
import { ownPrefix } from '../../../src/engine/formats/droppings.js'
import { deriveStream } from '../../../src/engine/core/stream.js'
import { emptyProjectMap } from '../../../src/engine/core/project-map.js'
import { placeInFormat } from '../../../src/engine/formats/format.js'
import { checkLossless, owedLines } from '../checkers/lossless.js'
import { holds } from '../failure.js'
import type { Fleet } from './fleet.js'
import type { Machine } from './machine.js'
import { endedWell, type Meeting } from './meetings.js'
import { partedLogs } from './parted-logs.js'
import { reportedConflicts } from './reported.js'

const roundsMax = 8
/** Longer than a session takes to give up a peer that it does not hear. */
const giveUpMs = 200_000
/** Longer than live sessions need to bring all that there is to all, over the slowest links. */
const liveMs = 90_000

/** No more mishaps: all machines run, rest, and exchange what they have; then all must hold, and nothing may move again. */
export async function finish(fleet: Fleet): Promise<void> {
  fleet.trace.note('finish')
  fleet.network.heal()
  for (const machine of fleet.machines) await calm(fleet, machine)
  await quiesce(fleet)
  await comeToRest(fleet)
  await checkAll(fleet)
  const before = counts(fleet)
  for (const machine of fleet.machines) await fleet.stop(machine)
  for (const machine of fleet.machines) fleet.must(await fleet.start(machine, true, () => undefined))
  await quiesce(fleet)
  await round(fleet)
  holds(
    counts(fleet) === before,
    'echo-free',
    () => `a second start recorded something: ${before} then ${counts(fleet)}`,
  )
  await checkAll(fleet)
}

/** A machine without mishaps: it runs, and what a crash damaged is mended or taken as it is. */
async function calm(fleet: Fleet, machine: Machine): Promise<void> {
  const { world, session } = machine
  world.meddling = false
  Object.assign(world.plan, { meddleChance: 0, crashChance: 0 })
  session.life.spare()
  world.agents.rest()
  if (!machine.isUp) fleet.must(await fleet.start(machine, false, () => undefined))
  const report = await session.recover()
  fleet.must(report !== undefined)
  if (report && report.unmended.length + report.held.length > 0) fleet.must(await session.accept())
}

async function quiesce(fleet: Fleet): Promise<void> {
  for (const ms of [1000, 1000, 31_000, 31_000, 1000]) {
    await fleet.wait(ms)
    for (const { session } of fleet.machines) fleet.must(await session.sweep())
  }
}

/** Exchanges until nobody learns anything any more. What was found out on the way may begin new logs. */
async function comeToRest(fleet: Fleet): Promise<void> {
  for (let left = roundsMax; left > 0; left -= 1) {
    const before = counts(fleet)
    await round(fleet)
    for (const { session } of fleet.machines) fleet.must(await session.sweep())
    for (const { session } of fleet.machines) {
      const { host } = session
      if (host?.writeBack) await session.pump(host.writeBack.settle({ quietTimeMs: 0 }))
      if (host?.writeBack) await session.pump(host.writeBack.sweepReplaced())
      await session.pump(host?.writeBack?.flushWritten() ?? host?.tools.writer.flush() ?? Promise.resolve())
    }
    if (counts(fleet) === before) return
  }
  holds(false, 'convergent', () => 'the exchange does not come to rest')
}

/** Every machine meets every other, over a ring or a star of sessions; what one learns it passes on. */
async function round(fleet: Fleet): Promise<void> {
  const { plan, machines, meetings, trace } = fleet
  // Sessions of before may be half open: they are given up in their own time.
  await fleet.wait(meetings.open.size > 0 ? giveUpMs : 1000)
  trace.note(`round, ${meetings.open.size} sessions open`)
  const begun: Meeting[] = []
  if (plan.endsLive) {
    for (const [index, near] of machines.entries()) {
      for (const far of machines.slice(index + 1)) begun.push(fleet.meet(near, far, 'live', false))
    }
    await fleet.wait(liveMs)
    for (const meeting of meetings.open) meeting.stop.abort()
    await fleet.wait(10_000)
    ended(fleet, begun)
    return
  }
  for (const [index, near] of machines.entries()) {
    for (const far of machines.slice(index + 1)) {
      const open = meetings.open.size
      begun.push(fleet.meet(near, far, 'once', false))
      for (let left = 60; left > 0 && meetings.open.size > open; left -= 1) await fleet.wait(giveUpMs / 60)
    }
  }
  ended(fleet, begun)
}

/** Nothing disturbs any more: a session that does not end, or fails, is a fault. But for those of logs that just parted. */
function ended({ shared }: Fleet, begun: readonly Meeting[]): void {
  for (const meeting of begun) {
    const [a, b] = meeting.ends
    holds(
      endedWell(meeting) || shared.size > 0,
      'convergent',
      () => `${a.name} and ${b.name} did not end well, with nothing in their way`,
    )
  }
}

function counts(fleet: Fleet): string {
  return fleet.machines
    .map(({ name, world: { ledger } }) => {
      const logs = [...ledger.logs()].toSorted()
      return `${name} ${logs.map((log) => `${log.slice(0, 4)}:${ledger.count(log)}`).join(' ')}`
    })
    .join(', ')
}

async function checkAll(fleet: Fleet): Promise<void> {
  const { machines, shared, trace, plants, branchings } = fleet
  for (const { session } of machines) fleet.must(await session.check(true))
  const ledgers = machines.map(({ world }) => world.ledger)
  const logs: ReadonlySet<LogId> = partedLogs(ledgers)
  for (const ledger of ledgers) branchings.note(ledger)
  for (const machine of machines) {
    const { name } = machine
    const told = await machine.forks()
    checkForks({
      name,
      told,
      parted: logs,
      branched: (log, offset) => branchings.has(log, offset),
      allowed: shared,
    })
  }
  const stores: HostStore[] = machines.flatMap(({ name, session: { host }, world: { ledger } }) =>
    host ? [{ name, reader: host.store.reader, hasher: host.tools.hasher, order: ledger.order() }] : [],
  )
  checkSameEvents(stores, logs)
  const hosts = await Promise.all(stores.map((store) => deriveViews(store, plants.view)))
  checkConvergent(hosts, logs)
  const owed = owedLines(ledgers, logs)
  let files = 0
  for (const machine of machines) {
    const { host } = machine.session
    const views = hosts.find(({ name }) => name === machine.name)
    // Two copies of one machine keep one key, and so count as one host: nobody can tell whose file a file is.
    const twin = machines.some((each) => each !== machine && sameKey(each, machine))
    if (!host?.writeBack || !views || twin) continue
    const offline = machine.session.offlineRoots()
    // Where a crash took files, somebody has to say whether they are to come back.
    for (const { facts, suspect } of host.tools.cursors.all()) if (suspect) offline.add(facts.root)
    // A root of which everything is gone counts as unmounted: nothing is put there.
    const leftOut = (key: string): boolean => {
      const { stream, events } = views.facts.get(key) ?? { stream: null, events: [] }
      return offline.has(stream?.root ?? '') || events.some(({ event }) => logs.has(event.log))
    }
    const id = host.store.reader.log(host.log)?.host ?? ''
    const question = { host: id, views, held: host.writeBack.held, leftOut }
    files += checkWrittenBack({ ...question, file: (key) => fileOf(machine, views, key) })
  }
  checkAuthored(fleet, hosts)
  const decisions = await checkDecisions(fleet, logs)
  for (const [index, store] of stores.entries()) {
    const views = hosts[index]
    if (views) await checkLossless(owed, store, views, plants.strict)
  }
  trace.note(
    `checked ${stores.length} hosts, ${owed.length} lines, ${files} files, ${logs.size} logs that parted${decisions}`,
  )
}

/** What every running host tells of conflicts. @returns how many decisions that is about, where any are made */
async function checkDecisions(
  { machines, plan, plants }: Fleet,
  parted: ReadonlySet<LogId>,
): Promise<string> {
  if (plan.decideChance === undefined) return ''
  const told: HostConflicts[] = []
  for (const machine of machines) {
    const { session, name } = machine
    const { host } = session
    const reported = host && (await session.pump(reportedConflicts(machine, host)))
    if (reported) told.push({ name, reported: plants.reported?.(reported, machine) ?? reported })
  }
  return `, ${checkSameConflicts(told, parted)} decisions`
}

function sameKey(a: Machine, b: Machine): boolean {
  const [x, y] = [a, b].map(({ world }) => Buffer.from(world.identity.publicKey ?? []).toString('hex'))
  return x === y
}

/** The file that stands on a machine under the name of a stream, found without any of the engine's indexes. */
function fileOf({ world, session }: Machine, { facts }: HostViews, key: string): Buffer | undefined {
  const stream = facts.get(key)?.stream
  const root = world.roots.find(({ name }) => name === stream?.root)
  const host = session.host?.store.reader.log(session.host.log)?.host
  if (!root || host === undefined) return undefined
  for (const { path, inode } of world.disk.walk(root.base)) {
    const inside = path.slice(root.base.length + 1)
    if (inside.includes(ownPrefix) || root.format.classify(inside) === null) continue
    const cwd = root.format.cwd(inode.bytes)
    const file = { root: root.name, format: root.format.name, path: inside, home: world.home, cwd }
    const { key: here } = deriveStream(file, host, placeInFormat(root.format, inside), emptyProjectMap)
    if (here === key) return inode.bytes
  }
  return undefined
}

/** Where nothing but Holdfast had a hand in the bytes, all that agents wrote must be there. */
function checkAuthored({ plan, machines, book, shared }: Fleet, hosts: readonly HostViews[]): void {
  const untouched =
    plan.harmChance === 0 && shared.size === 0 && machines.every(({ lostBytes }) => !lostBytes)
  if (untouched) checkShown(book.authored, hosts)
}
