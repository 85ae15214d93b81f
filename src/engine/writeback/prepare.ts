import type { CursorKey } from '../core/cursor.js'
import type { EventRef } from '../core/event.js'
import { emptyContent, type Content } from '../core/replay-plan.js'
import type { FileStat } from '../ports/files.js'
import { absolutePath } from '../record/watched-root.js'
import { knownState, logWritten } from '../record/written-state.js'
import type { StreamEntry } from '../streams/stream-index.js'
import type { LiveCheck } from './live-decision.js'
import type { Survey } from './live-writer.js'
import type { LocalPlace } from './local-place.js'
import type { Mirrors } from './mirror.js'
import { contentOf, planWrite, type WritePlan } from './target.js'
import { boundedPlan, type WriteJob } from './write-file.js'
import type { WriteTools } from './write-tools.js'

/** The most that is added to a file in one write. */
const addMaxBytes = 4 * 1024 * 1024

export type Prepared =
  | {
      readonly kind: 'job'
      readonly job: WriteJob
      readonly check: LiveCheck
      /** False where more is to be added after this. */
      readonly whole: boolean
    }
  | { readonly kind: 'held'; readonly reason: string; readonly retryAfterMs: number }
  /** Nothing is to be written. */
  | { readonly kind: 'none' }

type Place = Extract<LocalPlace, { kind: 'place' }>

/** How soon a file that is held for a reason of ours, not somebody's writing, is looked at again. */
const retryMs = 30_000
const goneRetryMs = 1000

/**
 * What is to be done to one stream's file here. Runs in a turn of the recorder: the file is as it was looked at until the
 * turn ends, as far as we go.
 */
export async function prepare(
  tools: WriteTools,
  mirrors: Mirrors,
  survey: () => Survey,
  entry: StreamEntry,
  { root, path, cwd }: Place,
  quietTimeMs: number,
): Promise<Prepared> {
  const { cursors, files, observer, writer, reader } = tools
  const key = { root: root.name, path }
  const absolute = absolutePath(root, path)
  const stat = files.stat(absolute)
  if (stat && stat.type !== 'file') return held('something else stands in its place')
  if (throughLink(tools, root.base, path)) return held('a link stands in its path')
  if (stat) {
    // What is on disk goes into the log before anything is decided about it.
    const seen = await observer.observe(root, path, stat)
    if (seen === 'suspect') return held('it may be damaged: run `holdfast recover`')
    if (seen === 'skipped') return held('it can’t be read')
  }
  // What the recorder took up just now, a removal too, is in neither the log nor the view before it is durable.
  if (cursors.isOnItsWay(key)) await writer.flush()
  const cursor = cursors.get(key)
  if (cursor?.suspect) return held('it may be damaged: run `holdfast recover`')
  const isThere = cursor?.state === 'live' && stat !== undefined
  // Half of somebody's replace, or a removal that nobody recorded yet: no reason to count it as put in order.
  if (cursor?.state === 'live' && !stat)
    return { kind: 'held', reason: 'it is not there just now', retryAfterMs: goneRetryMs }
  const check = liveCheck(tools, entry, absolute, root.format.name, cwd, stat, cursor?.written?.mtimeMs)

  const own = async (): Promise<Content> =>
    isThere ? (await knownState(tools, key, cursors.get(key))).content : emptyContent
  const target = await targetOf(tools, mirrors, entry, key, own, isThere)
  if (target === 'none') return { kind: 'none' }
  if ('reason' in target) return held(target.reason)
  const plan =
    'added' in target ? target.added : await planWrite(reader, target.own, target.content, target.heads)
  if (plan.how === 'none' && (isThere || plan.length === 0)) return { kind: 'none' }
  const sign = survey().signs(check, quietTimeMs)
  if (sign.live) return { kind: 'held', reason: sign.reason, retryAfterMs: sign.retryAfterMs }

  const part = isThere ? await boundedPlan(tools, plan, addMaxBytes) : { plan, whole: true }
  if (plan.how === 'replace') await logWritten(tools, key)
  const now = isThere ? cursors.get(key) : undefined
  const epoch = await nextEpoch(tools, key, now, plan.how === 'add' && now !== undefined)
  return {
    kind: 'job',
    job: { root, key, cursor: now, contents: 'added' in target ? null : target, plan: part.plan, epoch },
    check,
    whole: part.whole,
  }
}

type Target =
  | { readonly added: WritePlan }
  | { readonly own: Content; readonly content: Content; readonly heads: readonly EventRef[] }
  | { readonly reason: string }
  | 'none'

async function targetOf(
  tools: WriteTools,
  mirrors: Mirrors,
  entry: StreamEntry,
  key: CursorKey,
  own: () => Promise<Content>,
  isThere: boolean,
): Promise<Target> {
  const mirror = await mirrors.target(entry, own)
  if (mirror === 'own') return 'none'
  if (mirror) {
    const { from, added, heads } = mirror
    if (added.length === 0 && isThere) return 'none'
    const position = isThere ? tools.cursors.get(key)?.position : 0
    // What stands before is known to be the other file's: nothing of it is read again.
    if (position === from)
      return { added: { how: 'add', keep: from, pieces: added.pieces, length: from + added.length, heads } }
    mirrors.forget(entry.stream.key)
  }
  const ask = () =>
    tools.streams.view(entry.stream.key, (view) => {
      const { text, heads, incomplete, shows } = view.viewFor(tools.host)
      const open = view.conflicts().some(({ status }) => status === 'open')
      return { pieces: text?.slice() ?? null, heads, incomplete, open, shows }
    })
  let merged = await ask()
  if (merged?.shows === 'own' && tools.cursors.get(key)?.written?.unlogged) {
    // The view knows the file as the log does: what was put into it last has to stand there before it is left as it is.
    await logWritten(tools, key)
    await tools.writer.flush()
    merged = await ask()
  }
  if (!merged?.pieces) return 'none'
  const { back, onConflict } = tools.policy(entry.stream.root, entry.stream.project)
  if (!back) return 'none'
  if (merged.incomplete) return { reason: 'part of it is withheld or lost' }
  if (merged.open && onConflict === 'hold')
    return { reason: 'it has an open conflict: see `holdfast conflicts`' }
  return { own: await own(), content: contentOf(merged.pieces), heads: merged.heads }
}

async function nextEpoch(
  tools: WriteTools,
  key: { readonly root: string; readonly path: string },
  cursor: { readonly epoch: number } | undefined,
  isAdded: boolean,
): Promise<number> {
  if (cursor) return isAdded ? cursor.epoch : cursor.epoch + 1
  return (await knownState(tools, key, undefined)).epoch + 1
}

/** A link below a root leads elsewhere: what peers send must not get there. */
function throughLink({ files }: WriteTools, base: string, path: string): boolean {
  const folders = path.split('/').slice(0, -1)
  return folders.some((_, depth) => {
    const stat = files.stat(`${base}/${folders.slice(0, depth + 1).join('/')}`)
    return stat !== undefined && stat.type !== 'directory'
  })
}

function liveCheck(
  { host }: WriteTools,
  { stream, files }: StreamEntry,
  path: string,
  format: string,
  cwd: string | null,
  stat: FileStat | undefined,
  writtenMtimeMs: number | undefined,
): LiveCheck {
  const foreign = stat && stat.mtimeMs !== writtenMtimeMs ? stat.mtimeMs : null
  const ids = new Set([stream.session, ...(stream.rest.match(uuid) ?? []), ...(path.match(uuid) ?? [])])
  const recorded = files.find((each) => each.host === host)?.file.facts.cwd ?? null
  return {
    path,
    agent: stream.root.startsWith('claude') ? 'claude' : format,
    sessions: [...ids],
    cwd: cwd ?? recorded,
    exists: stat !== undefined,
    existsSinceMs: stat && stat.identity.birthMs > 0 ? stat.identity.birthMs : null,
    lastForeignChangeMs: foreign,
  }
}

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi

function held(reason: string): Prepared {
  return { kind: 'held', reason, retryAfterMs: retryMs }
}
