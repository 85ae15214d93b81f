import type { MergeFormat, StreamText } from '../../../src/engine/core/merge/types.js'
import { createStreamView, type StreamView } from '../../../src/engine/core/merge/stream-view.js'
import type { Replica } from '../../../src/engine/ports/replica.js'
import type { DatabaseOperation } from '../../../src/store/database.js'
import { eventKey } from '../../../src/store/keys.js'
import { eventDigest, nextChain, packValue } from '../../../src/store/event-value.js'
import type { Writing } from '../host.js'
import type { ReportedConflict } from '../checkers/same-conflicts.js'
import type { CheckerName } from '../failure.js'
import type { FleetPlants } from './fleet.js'
import type { Machine } from './machine.js'

export interface FleetPlant {
  readonly what: string
  /** The checker that must see it. */
  readonly caughtBy: CheckerName
  /** Where to look first: rare ones need many seeds. */
  readonly seed: number
  readonly plants: FleetPlants
}

/** Nothing goes wrong but what is planted. */
const calm: FleetPlants['plan'] = {
  hosts: 2,
  cutChance: 0,
  silenceChance: 0,
  partChance: 0,
  harmChance: 0,
  wipeChance: 0,
  cloneChance: 0,
  rollBackChance: 0,
}

const atOnce: Writing = { quietTimeMs: 0, policy: { back: true, onConflict: 'union' } }

/** Deliberate defects of several hosts, one of each kind that the invariants are there for. */
export const fleetPlants: readonly FleetPlant[] = [
  {
    what: 'a replica that acknowledges before the sync',
    caughtBy: 'durable',
    seed: 1,
    plants: {
      plan: calm,
      replica: (replica) => ({
        ...bound(replica),
        store: (run) => {
          void replica.store(run).catch(() => undefined)
          return Promise.resolve({ kind: 'stored', events: run.events.length })
        },
      }),
    },
  },
  {
    what: 'a replica that acknowledges what it throws away',
    caughtBy: 'durable',
    seed: 1,
    plants: {
      plan: calm,
      replica: (replica) => ({
        ...bound(replica),
        store: (run) =>
          run.from > 0 && run.from % 3 === 0
            ? Promise.resolve({ kind: 'stored', events: run.events.length })
            : replica.store(run),
      }),
    },
  },
  {
    what: 'a receiver that says to have what it skipped',
    caughtBy: 'convergent',
    seed: 1,
    plants: {
      plan: calm,
      replica: (replica, machine) => ({ ...bound(replica), have: () => haveMore(replica, machine) }),
    },
  },
  {
    what: 'an acknowledgement that is lost',
    caughtBy: 'convergent',
    seed: 1,
    plants: {
      plan: { ...calm, endsLive: false, liveChance: 0 },
      replica: (replica) => {
        let stores = 0
        return {
          ...bound(replica),
          store: async (run) => {
            const outcome = await replica.store(run)
            stores += 1
            return stores === 1 && outcome.kind === 'stored' ? new Promise(() => undefined) : outcome
          },
        }
      },
    },
  },
  {
    what: 'a store that overwrites where a log parts',
    caughtBy: 'one-writer',
    seed: 4,
    plants: {
      plan: { ...calm, cloneChance: 0.2, rollBackChance: 0.2, writing: null },
      replica: (replica, machine) => ({
        ...bound(replica),
        store: async (run) => {
          const outcome = await replica.store(run)
          if (outcome.kind !== 'forked') return outcome
          await overwrite(machine, run)
          return { kind: 'stored', events: run.events.length }
        },
      }),
    },
  },
  {
    what: 'a host that goes on with a log of which a peer has more',
    caughtBy: 'one-writer',
    seed: 5,
    plants: { plan: { ...calm, rollBackChance: 0.3, writing: null }, trusting: true },
  },
  {
    what: 'a view that goes by the order of arrival',
    caughtBy: 'convergent',
    seed: 1,
    plants: { plan: calm, view: viewByArrival },
  },
  {
    what: 'a view that forgets a record of each host but the first',
    caughtBy: 'lossless',
    seed: 1,
    plants: { plan: calm, view: forgetfulView },
  },
  {
    what: 'a write-back that does not ask who is on a file',
    caughtBy: 'untouched',
    seed: 5,
    plants: {
      plan: { ...calm, stayChance: 0.4, writing: atOnce },
      processes: (processes) => ({
        holders: (paths) => ({ ...processes.holders(paths), byPath: new Map() }),
        agents: (also) => ({ ...processes.agents(also), list: [] }),
      }),
    },
  },
  {
    what: 'a write-back that adds what it adds twice',
    caughtBy: 'echo-free',
    seed: 1,
    plants: {
      plan: { ...calm, stayChance: 0, writing: atOnce },
      files: (files) => ({
        ...files,
        append: (path, bytes) => {
          files.append(path, bytes)
          return files.append(path, bytes)
        },
      }),
    },
  },
  {
    what: 'a host that does not hear of what another one took back',
    caughtBy: 'decided',
    seed: 1,
    plants: {
      plan: { ...calm, writing: null, decideChance: 0.3 },
      reported: (told, { name }) => (name === 'A' ? told.map(withoutUndoing) : told),
    },
  },
  {
    what: 'a host that never writes back',
    caughtBy: 'convergent',
    seed: 1,
    plants: {
      plan: { ...calm, stayChance: 0, writing: atOnce },
      files: (files) => ({ ...files, append: () => undefined }),
    },
  },
]

function withoutUndoing(told: ReportedConflict): ReportedConflict {
  const { conflict } = told
  const resolutions = conflict.resolutions.map((each) => ({ ...each, undone: false }))
  return { ...told, conflict: { ...conflict, resolutions } }
}

function bound(replica: Replica): Replica {
  return {
    have: (withhold) => replica.have(withhold),
    read: (log, range, withhold) => replica.read(log, range, withhold),
    store: (run) => replica.store(run),
    chainAt: (log, events) => replica.chainAt(log, events),
    onAdded: (listener) => replica.onAdded(listener),
  }
}

/** Tells of the last event of every other log to be here, as long as it is not. */
async function haveMore(replica: Replica, { world }: Machine): ReturnType<Replica['have']> {
  const all = await replica.have()
  const own = world.identity.witness?.log
  return all.map((have) => {
    const [first] = have.held
    if (have.log === own || !first || have.held.length > 1) return have
    const { chain } = have.ends[0] ?? { chain: new Uint8Array(32) }
    return { ...have, held: [{ from: 0, to: first.to + 1 }], ends: [{ events: first.to + 1, chain }] }
  })
}

async function overwrite({ world, session }: Machine, run: Parameters<Replica['store']>[0]): Promise<void> {
  const { log } = run.identity
  const operations: DatabaseOperation[] = []
  let chain = run.from === 0 ? new Uint8Array(32) : await chainBefore(world, log, run.from)
  for (const [index, event] of run.events.entries()) {
    if (event.kind !== 'event') continue
    chain = nextChain(world.hasher, chain, eventDigest(world.hasher, event.encoded))
    const value = packValue(world.hasher, chain, event.encoded)
    operations.push({ type: 'put', key: eventKey(log, run.from + index), value })
  }
  await world.databaseFor(session.life).batch(operations, { sync: true })
}

async function chainBefore({ device }: Machine['world'], log: string, events: number): Promise<Uint8Array> {
  const key = eventKey(log, events - 1)
  const [row] = await device.entries({ gte: key, lt: Buffer.concat([key, Buffer.of(0)]) })
  return row ? row[1].subarray(9, 41) : new Uint8Array(32)
}

function viewByArrival(format: MergeFormat): StreamView {
  const view = createStreamView(format)
  let first: string | null = null
  const whole = view.view.bind(view)
  view.view = () => {
    const seen = whole()
    return first !== null && seen.text.length > 1
      ? { ...seen, text: from(seen.text, first < '8' ? 0 : 1) }
      : seen
  }
  const add = view.add.bind(view)
  view.add = (event) => {
    first ??= event.digest
    return add(event)
  }
  return view
}

function from(text: StreamText, skip: number): StreamText {
  return {
    length: text.length - skip,
    slice: (start = 0, end = text.length - skip) => text.slice(start + skip, end + skip),
  }
}

function forgetfulView(format: MergeFormat): StreamView {
  const view = createStreamView(format)
  const whole = view.view.bind(view)
  view.view = () => {
    const seen = whole()
    return seen.text.length > 400 ? { ...seen, text: from(seen.text, 400) } : seen
  }
  return view
}
