import { HoldfastError } from '../../../src/engine/core/errors.js'
import type { LogId } from '../../../src/engine/core/event.js'
import { contentBytes, fileEpochs } from '../../../src/engine/replay/content.js'
import { holds } from '../failure.js'
import type { HostStore, HostViews } from './convergent.js'
import type { Ledger } from './ledger.js'
import { Replayer } from './replayer.js'

/** A line as its writer's file had it, rebuilt without any code of the engine. */
interface OwedLine {
  readonly log: LogId
  readonly root: string
  readonly path: string
  readonly epoch: number
  /** Whether it stands in the file as it is: one that was removed or moved is history as a whole. */
  readonly latest: boolean
  readonly line: string
}

/** All that any store acknowledged and no disaster took since, as files. Logs that parted are left out. */
export function owedLines(ledgers: readonly Ledger[], parted: ReadonlySet<LogId>): OwedLine[] {
  const replayer = replayLedgers(ledgers, parted)
  const owed: OwedLine[] = []
  for (const { log, root, path, epoch: last, present, epochs } of replayer.files()) {
    if (root === 'todos') continue
    for (const [epoch, bytes] of epochs) {
      for (const line of bytes.toString('latin1').split('\n').slice(0, -1)) {
        owed.push({ log, root, path, epoch, latest: present && epoch === last, line })
      }
    }
  }
  return owed
}

/**
 * `lossless`: every record is in the canonical view, in a branch that a conflict names, or in an earlier epoch, on every
 * host.
 * @param strict whether what recovery saved of a damaged line must be a record as well
 */
export async function checkLossless(
  owed: readonly OwedLine[],
  { name, reader }: HostStore,
  { facts, views }: HostViews,
  strict = false,
): Promise<void> {
  const shown = new Map<string, Shown>()
  const keyOf = new Map<string, string>()
  for (const [key, { events }] of facts) {
    for (const { event } of events) {
      if ('epoch' in event.body) keyOf.set(placeName(event.log, event.body.file), key)
    }
    const view = views.get(key)
    if (!view) continue
    const texts = [view.view().text]
    for (const { branches } of view.conflicts()) {
      for (const { head } of branches) {
        const text = view.branchText(head)
        if (text) texts.push(text)
      }
    }
    const lines = texts.flatMap((text) => Buffer.from(view.read(text.slice())).toString('latin1').split('\n'))
    shown.set(key, {
      lines: new Set(lines),
      mended: events.some(({ event }) => event.body.kind === 'written'),
    })
  }
  const epochs = new Map<string, Set<string>>()
  for (const line of owed) {
    const place = placeName(line.log, line)
    const key = keyOf.get(place)
    if (key !== undefined && isShown(shown.get(key), line.line, strict)) continue
    const what = (): string =>
      `${name} shows nowhere what ${line.log.slice(0, 8)} wrote into ${line.root}/${line.path} (epoch ${line.epoch}` +
      `${line.latest ? ', the last one' : ''}): ${JSON.stringify(line.line.slice(0, 120))}`
    holds(!line.latest || key === undefined, 'lossless', what)
    let earlier = epochs.get(place)
    if (!earlier) epochs.set(place, (earlier = await linesOfEpochs(reader, line)))
    holds(earlier.has(line.line), 'lossless', what)
  }
}

interface Shown {
  readonly lines: ReadonlySet<string>
  /** Whether something was put into a file of the stream: recovery may have cut a line out of what a crash damaged. */
  readonly mended: boolean
}

/**
 * What recovery saves of a damaged line is no record of any event: the event's record is the damaged line as a whole. There
 * it must be then, but for what is no record of its own either.
 */
function isShown(shown: Shown | undefined, line: string, strict: boolean): boolean {
  if (!shown) return false
  if (shown.lines.has(line)) return true
  if (strict || !shown.mended) return false
  return !isObject(line) || [...shown.lines].some((each) => each.includes(line))
}

function isObject(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object'
  } catch {
    return false
  }
}

/** Every line of every epoch of a file, as this host replays it. */
async function linesOfEpochs(
  reader: HostStore['reader'],
  { log, root, path }: OwedLine,
): Promise<Set<string>> {
  const file = reader.file(log, { root, path })
  const lines = new Set<string>()
  for (const { content } of file ? await fileEpochs(reader, file) : []) {
    try {
      const parts: Uint8Array[] = []
      for await (const bytes of contentBytes(reader, content)) parts.push(bytes)
      for (const line of Buffer.concat(parts).toString('latin1').split('\n')) lines.add(line)
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error
    }
  }
  return lines
}

function replayLedgers(ledgers: readonly Ledger[], parted: ReadonlySet<LogId>): Replayer {
  const logs = new Map<LogId, Ledger>()
  for (const ledger of ledgers) {
    for (const log of ledger.logs()) {
      const known = logs.get(log)
      if (!parted.has(log) && (!known || known.count(log) < ledger.count(log))) logs.set(log, ledger)
    }
  }
  const replayer = new Replayer(true)
  replayer.addLogs(
    [...logs].map(([log, ledger]) => ledger.events(log).flatMap((each) => (each ? [each.event] : []))),
  )
  return replayer
}

function placeName(log: LogId, { root, path }: { readonly root: string; readonly path: string }): string {
  return `${log}\0${root}\0${path}`
}
