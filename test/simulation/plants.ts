import type { FileHandle, WritableFiles } from '../../src/engine/ports/files.js'
import type { Hasher } from '../../src/engine/ports/hash.js'
import { absolutePath } from '../../src/engine/record/watched-root.js'
import { latestState } from '../../src/engine/replay/content.js'
import { writeContent } from '../../src/engine/replay/materialise.js'
import type { Database, DatabaseOperation } from '../../src/store/database.js'
import { packValue } from '../../src/store/event-value.js'
import type { Host } from './host.js'
import type { CheckerName } from './failure.js'
import type { Plants } from './world.js'

export interface Plant {
  readonly what: string
  /** The checker that must see it. */
  readonly caughtBy: CheckerName
  readonly plants: Plants
}

const crashing = { crashChance: 0.15, corruptChance: 0, rollBackChance: 0, moveChance: 0, fullChance: 0 }

/** Deliberate defects, one of each kind that the invariants are there for. */
export function allPlants(hasher: Hasher): Plant[] {
  return [
    {
      what: 'a store that acknowledges before the sync',
      caughtBy: 'durable',
      plants: {
        plan: { ...crashing, powerLossChance: 1 },
        database: (db) => ({ ...bound(db), batch: (operations) => db.batch(operations, { sync: false }) }),
      },
    },
    {
      what: 'a store that drops an event now and then',
      caughtBy: 'durable',
      plants: { database: (db) => ({ ...bound(db), batch: dropping(db) }) },
    },
    {
      what: 'cursors that are written apart from their events',
      caughtBy: 'faithful',
      plants: {
        plan: { ...crashing, powerLossChance: 0 },
        database: (db) => ({ ...bound(db), batch: apart(db) }),
      },
    },
    {
      what: 'an observer that does not look at what it has read before',
      caughtBy: 'faithful',
      plants: { files: forgetful },
    },
    {
      what: 'a writer that goes on with an older store',
      caughtBy: 'one-writer',
      plants: { plan: { rollBackChance: 1 }, trusting: true },
    },
    {
      what: 'a chain that is not computed over all events',
      caughtBy: 'dense',
      plants: {
        database: (db) => ({
          ...bound(db),
          batch: (all, options) => db.batch(all.map(chainless(hasher)), options),
        }),
      },
    },
    {
      what: 'a recovery that does not ask what it replaces',
      caughtBy: 'logged-first',
      plants: { plan: { meddleChance: 0.05 }, repair: (host) => putBack(host, false) },
    },
    {
      what: 'a recovery that does not say what it wrote',
      caughtBy: 'echo-free',
      plants: { plan: { meddleChance: 0 }, repair: (host) => putBack(host, true) },
    },
    {
      what: 'a reader that takes more than it was asked to',
      caughtBy: 'bounded',
      plants: { plan: { agents: { bigLineChance: 0.1, editChance: 0.1 } }, files: greedy },
    },
  ]
}

function bound(db: Database): Omit<Database, 'batch'> {
  return {
    get: (key) => db.get(key),
    iterator: (range) => db.iterator(range),
    close: () => db.close(),
  }
}

const eventTable = 0x65
const cursorTable = 0x63

function dropping(db: Database): Database['batch'] {
  let events = 0
  return (operations, options) => {
    const kept = operations.filter(({ key }) => key[0] !== eventTable || (events += 1) % 20 !== 0)
    return db.batch(kept, options)
  }
}

function apart(db: Database): Database['batch'] {
  return async (operations, options) => {
    await db.batch(
      operations.filter(({ key }) => key[0] === cursorTable),
      options,
    )
    await db.batch(
      operations.filter(({ key }) => key[0] !== cursorTable),
      options,
    )
  }
}

function chainless(hasher: Hasher): (operation: DatabaseOperation) => DatabaseOperation {
  return (operation) => {
    if (
      operation.type !== 'put' ||
      operation.key[0] !== eventTable ||
      (operation.key.at(-1) ?? 0) % 8 !== 5
    ) {
      return operation
    }
    const value = packValue(hasher, new Uint8Array(32), operation.value.subarray(41))
    return { ...operation, value }
  }
}

/** Gives what it read first at a place, whatever stands there now. */
function forgetful(files: WritableFiles): WritableFiles {
  const seen = new Map<string, Uint8Array>()
  return withHandles(files, (path, handle) => ({
    ...handle,
    read: (position, length) => {
      const now = handle.read(0, position + length)
      const known = seen.get(path) ?? new Uint8Array()
      const same = known.subarray(0, now.length)
      const told = Uint8Array.from(now)
      told.set(same)
      if (now.length > known.length) seen.set(path, told)
      return told.subarray(position)
    },
  }))
}

function greedy(files: WritableFiles): WritableFiles {
  return withHandles(files, (_path, handle) => ({
    ...handle,
    read: (position) => handle.read(position, Number.MAX_SAFE_INTEGER),
  }))
}

function withHandles(
  files: WritableFiles,
  wrap: (path: string, handle: FileHandle) => FileHandle,
): WritableFiles {
  return {
    ...files,
    open: (path) => {
      const handle = files.open(path)
      return handle && wrap(path, handle)
    },
  }
}

/** Writes over every file what the log has of it, or that and a newline of its own. */
async function putBack({ tools, recorder }: Host, more: boolean): Promise<void> {
  await recorder.exclusively(async () => {
    for (const { facts, state } of Array.from(tools.cursors.all())) {
      const root = tools.roots.find(({ name }) => name === facts.root)
      if (state !== 'live' || !root || facts.format === 'file') continue
      const path = absolutePath(root, facts.path)
      const { content } = await latestState(tools.reader, tools.writer.log, facts)
      const added = { newlines: 1 }
      const next = more ? { pieces: [...content.pieces, added], length: content.length + 1 } : content
      if (!tools.files.stat(path)) continue
      tools.files.remove(`${path}.new`)
      await writeContent(tools, next, `${path}.new`)
      tools.files.rename(`${path}.new`, path)
    }
  })
}
