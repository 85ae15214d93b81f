import type { HostId, LogId, ResolveBody } from '../core/event.js'
import type { StreamView } from '../core/merge/stream-view.js'
import type { HostView, StreamEvent } from '../core/merge/types.js'
import type { Hasher } from '../ports/hash.js'
import type { LogReader } from '../ports/log.js'
import { FileDigest } from '../replay/file-digest.js'
import type { StreamEntry } from '../streams/stream-index.js'
import { StreamViews } from '../streams/stream-views.js'
import type { Reading } from './branch-page.js'
import { hostNames } from './describe.js'
import { changeOf, textDifference, type ViewText } from './difference.js'
import { textBlocks } from './text-lines.js'
import type { HostEffect, TextDifference } from './types.js'

interface Tools {
  readonly reader: LogReader
  readonly hasher: Hasher
}

/** Who would write the resolution, and when: as late as anything that is known, as the log would have it. */
export interface Writer {
  readonly log: LogId
  readonly host: HostId
  readonly nowMs: number
}

export interface Outcome {
  readonly length: number
  readonly digest: string
  readonly difference: TextDifference
  readonly hosts: readonly HostEffect[]
}

/** The most differing lines that are shown. */
export const shownDifferencesMax = 200

/**
 * What a resolution makes of the stream: found by adding the event to a view of its own and looking, so that the preview
 * and what happens can't differ.
 */
export async function previewOutcome(
  tools: Tools,
  view: StreamView,
  entry: StreamEntry,
  body: ResolveBody,
  writer: Writer,
  reading: Reading,
): Promise<Outcome> {
  const later = await new StreamViews(tools, 0).open(entry)
  later.add(supposed(tools.reader, body, writer))
  const [before, after] = [viewText(view), viewText(later)]
  return {
    length: after.text.length,
    digest: digestOf(tools.hasher, after),
    difference: textDifference(before, after, tools.hasher, { reading, max: shownDifferencesMax }),
    hosts: hostEffects(tools, entry, view, later, reading),
  }
}

/** A text's digest, as files have it. */
export function digestOf(hasher: Hasher, { view, text }: ViewText): string {
  const digest = new FileDigest(hasher)
  for (const block of textBlocks(view, text)) digest.update(block)
  return digest.hex()
}

function viewText(view: StreamView): ViewText {
  return { view, text: view.view().text }
}

function supposed(reader: LogReader, body: ResolveBody, { log, host, nowMs }: Writer): StreamEvent {
  const offset = reader.log(log)?.events ?? 0
  const latest = Math.max(nowMs, ...reader.logs().map(({ last }) => last?.ms ?? 0))
  const event = { log, offset, time: { ms: latest, counter: 0 }, parents: [], body }
  return { event, digest: '0'.repeat(64), host }
}

function hostEffects(
  { reader, hasher }: Tools,
  { files }: StreamEntry,
  view: StreamView,
  later: StreamView,
  reading: Reading,
): HostEffect[] {
  const names = hostNames(reader)
  const hosts = [...new Set(files.map(({ host }) => host))]
  const effects = hosts.map((host): HostEffect => {
    const [before, after] = [view.viewFor(host), later.viewFor(host)]
    const named = { host: names.get(host) ?? host.slice(0, 8), before: before.text?.length ?? 0 }
    if (!after.text) return { ...named, change: 'absent', after: 0, added: 0, removed: 0 }
    const [from, to] = [textOf(view, before), { view: later, text: after.text }]
    const change = from ? changeOf(from, to) : 'appended'
    const none = { added: 0, removed: 0 }
    const { added, removed } =
      from && change !== 'unchanged' ? textDifference(from, to, hasher, { reading, max: 0 }) : none
    return { ...named, change, after: after.text.length, added, removed }
  })
  return effects.toSorted((a, b) => (a.host < b.host ? -1 : 1))
}

function textOf(view: StreamView, { text }: HostView): ViewText | null {
  return text && { view, text }
}
