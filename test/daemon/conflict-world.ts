import type { Runtime } from '../../src/daemon/runtime.js'
import { previewConflict } from '../../src/daemon/operations/conflict-preview.js'
import { resolveConflict, undoConflict } from '../../src/daemon/operations/conflict-resolve.js'
import { showConflict, type ConflictShowArgs } from '../../src/daemon/operations/conflict-show.js'
import {
  conflicts,
  openConflictCount,
  type ConflictDetail,
  type ConflictRow,
} from '../../src/daemon/operations/conflicts.js'
import type { ConflictsArgs } from '../../src/daemon/operations/conflicts.js'
import { meet, namedHome } from './peer-world.js'
import { keptIo, type RecordedHome } from './recorded-home.js'

export const sessionId = '11111111-1111-4111-8111-111111111111'

/** A line of a Claude Code session. */
export function claudeLine(uuid: string, parentUuid: string | null, text: string): string {
  const message = { role: 'user', content: text }
  const timestamp = '2026-01-02T03:04:05.000Z'
  return `${JSON.stringify({ type: 'user', uuid, parentUuid, sessionId, timestamp, message })}\n`
}

/** Where a session of the project `~/code/x` stands in that home. */
export function projectPath(home: RecordedHome, name = `${sessionId}.jsonl`): string {
  return `${home.user.replace(/[^a-zA-Z0-9]/g, '-')}-code-x/${name}`
}

export const shared = [1, 2, 3, 4].map((n) =>
  claudeLine(String(n), n === 1 ? null : String(n - 1), `shared ${n}`),
)
export const tails = {
  mac: [claudeLine('m1', '4', 'mac one'), claudeLine('m2', 'm1', 'mac two')],
  box: [claudeLine('b1', '4', 'box one')],
}

/** Two homes that continued one session apart and have met since. */
export async function forkedHomes(): Promise<{ mac: RecordedHome; box: RecordedHome }> {
  const [mac, box] = [namedHome('mac'), namedHome('box')]
  for (const home of [mac, box]) {
    home.write(projectPath(home), shared.join(''))
    await home.record()
  }
  mac.append(projectPath(mac), tails.mac.join(''))
  box.append(projectPath(box), tails.box.join(''))
  await mac.record()
  await box.record()
  await meet(mac, box)
  return { mac, box }
}

/** The operations as a command calls them: the store is opened for each, and closed. */
export function asked(home: RecordedHome) {
  return {
    list: (args: ConflictsArgs = {}) => home.with((runtime) => conflicts(runtime, args)),
    count: () => home.with((runtime) => openConflictCount(runtime)),
    show: (args: ConflictShowArgs): Promise<ConflictDetail> =>
      home.with((runtime) => showConflict(runtime, args)),
    preview: (id: string, choice: 'union' | 'split' | 'keep', host?: string) =>
      home.with((runtime) =>
        previewConflict(runtime, { id, choice, ...(host === undefined ? {} : { host }) }),
      ),
    resolve: (id: string, choice: 'union' | 'split' | 'keep', host?: string) =>
      home.with((runtime) => resolved(runtime, id, choice, host)),
    undo: (id: string) => home.with((runtime) => undoConflict(runtime, { id })),
  }
}

export function resolved(runtime: Runtime, id: string, choice: 'union' | 'split' | 'keep', host?: string) {
  const named = host === undefined ? {} : { host }
  return resolveConflict(runtime, { id, choice, dryRun: false, ...named }, keptIo())
}

/** The only conflict that a home knows of. */
export async function onlyConflict(home: RecordedHome): Promise<ConflictRow> {
  const { conflicts: all } = await asked(home).list({ status: 'all' })
  if (all.length !== 1) throw new Error(`${all.length} conflicts`)
  return all[0] as ConflictRow
}

/** The canonical view of a session. */
export function viewOf(home: RecordedHome, rest = `${sessionId}.jsonl`): Promise<string | undefined> {
  return home.with(async (runtime) => {
    const streams = await runtime.streams()
    const entry = [...(await streams.index()).all()].find(({ stream }) => stream.rest === rest)
    return (
      entry &&
      streams.view(entry.stream.key, (view) => Buffer.from(view.read(view.view().text.slice())).toString())
    )
  })
}
