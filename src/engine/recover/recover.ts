import { cursorId, type Cursor } from '../core/cursor.js'
import type { RestoreIntent } from '../ports/log.js'
import type { Recorder } from '../record/recorder.js'
import { logAllWritten } from '../record/written-state.js'
import { inspectFiles, type Inspection } from './inspect-files.js'
import type { FilePlace, RecoverTools } from './recover-tools.js'
import { restoreFile } from './restore-file.js'

export interface RestoredFile extends FilePlace {
  readonly reason: string
  readonly bytes: number
}

export interface UnmendedFile extends FilePlace {
  readonly reason: string
  readonly why: string
}

export interface RepairReport {
  readonly restored: readonly RestoredFile[]
  /** Could not be put back. */
  readonly unmended: readonly UnmendedFile[]
  /** Left undone on purpose: held open, or being written. */
  readonly held: readonly UnmendedFile[]
}

export interface RepairProgress {
  (done: number, total: number): void
}

/** The files that a crash may have damaged, and those whose repair was under way. */
export async function damagedFiles(
  tools: RecoverTools,
): Promise<{ cursor: Cursor; intent: RestoreIntent | null }[]> {
  const all = await tools.store.loadIntents()
  const restores = all.filter((intent) => intent.kind === 'restore')
  const intents = new Map(restores.map((intent) => [cursorId(intent.key), intent]))
  return [...tools.cursors.all()]
    .map((cursor) => ({ cursor, intent: intents.get(cursorId(cursor.facts)) ?? null }))
    .filter(({ cursor, intent }) => cursor.suspect !== null || intent !== null)
    .toSorted((a, b) => (cursorId(a.cursor.facts) < cursorId(b.cursor.facts) ? -1 : 1))
}

/** Puts back every file that is suspect. Runs in a turn of the recorder, so that nothing is observed meanwhile. */
export async function repairFiles(
  tools: RecoverTools,
  recorder: Recorder,
  onProgress?: RepairProgress,
): Promise<RepairReport> {
  const restored: RestoredFile[] = []
  const unmended: UnmendedFile[] = []
  const held: UnmendedFile[] = []
  await recorder.exclusively(() => logAllWritten(tools))
  const damaged = await damagedFiles(tools)
  for (const [index, { cursor, intent }] of damaged.entries()) {
    const place = { root: cursor.facts.root, path: cursor.facts.path }
    const reason = cursor.suspect?.reason ?? 'nul-run'
    const root = tools.roots.find(({ name }) => name === place.root)
    const outcome = root
      ? await recorder.exclusively(() => restoreFile(tools, root, cursor, intent))
      : ({ kind: 'failed', why: 'its root is not recorded any more' } as const)
    if (outcome.kind === 'restored') restored.push({ ...place, reason, bytes: outcome.bytes })
    else if (outcome.kind === 'held') held.push({ ...place, reason, why: outcome.why })
    else unmended.push({ ...place, reason, why: outcome.why })
    onProgress?.(index + 1, damaged.length)
  }
  return { restored, unmended, held }
}

/** Accepts what is suspect as it is now: it becomes history, and what was lost stays in earlier epochs. */
export async function acceptSuspects(tools: RecoverTools, recorder: Recorder): Promise<FilePlace[]> {
  const accepted: FilePlace[] = []
  for (const { cursor, intent } of await damagedFiles(tools)) {
    const key = { root: cursor.facts.root, path: cursor.facts.path }
    const root = tools.roots.find(({ name }) => name === key.root)
    if (!root) continue
    await recorder.exclusively(async () => {
      const { observer, cursors, writer } = tools
      const plain: Cursor = { ...cursor, suspect: null, size: -1 }
      await cursors.submit(
        { events: [], cursors: [{ key, cursor: plain }], intents: intent ? [{ key, intent: null }] : [] },
        writer,
      )
      observer.starting = false
      if ((await observer.observe(root, key.path)) === 'missing') await observer.remove(root, plain)
    })
    accepted.push(key)
  }
  await tools.writer.flush()
  return accepted
}

/** Every file that is not as the log says, after a repair or at any time. Grown files are the recorder's next work. */
export async function differingFiles(
  tools: RecoverTools,
  recorder: Recorder,
  onProgress?: (files: number) => void,
): Promise<{ files: number; differing: Inspection[] }> {
  return recorder.exclusively(async () => {
    await logAllWritten(tools)
    const differing: Inspection[] = []
    let files = 0
    for await (const inspection of inspectFiles(tools, tools.writer.log, tools.cursors.all())) {
      files += 1
      onProgress?.(files)
      if (inspection.kind !== 'same' && inspection.kind !== 'grown') differing.push(inspection)
    }
    return { files, differing }
  })
}
