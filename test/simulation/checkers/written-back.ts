import type { HostId } from '../../../src/engine/core/event.js'
import type { HeldFile } from '../../../src/engine/writeback/write-tools.js'
import { holds } from '../failure.js'
import { difference } from './faithful.js'
import type { HostViews } from './convergent.js'

/** A host at rest: what it derives, and what stands on its disk. */
export interface WrittenQuestion {
  readonly host: HostId
  readonly views: HostViews
  readonly held: readonly HeldFile[]
  /** The bytes of this host's file of a stream, or undefined where it has none. */
  readonly file: (stream: string) => Buffer | undefined
  /** Streams whose events are not the same on every host, and those of roots that are offline here. */
  readonly leftOut: (stream: string) => boolean
}

/**
 * `convergent` of files: at rest, every host's file of a stream is what the stream's view says that it should be, but for
 * those that are held for a reason that is told.
 */
export function checkWrittenBack({
  host,
  views: { name, facts, views },
  held,
  file,
  leftOut,
}: WrittenQuestion): number {
  const kept = new Set(held.map(({ stream }) => stream))
  let checked = 0
  for (const [key, view] of views) {
    const others = facts.get(key)?.events.some((event) => event.host !== host) ?? false
    const { text, incomplete } = view.viewFor(host)
    if (!others || text === null || incomplete || kept.has(key) || leftOut(key)) continue
    const wanted = Buffer.from(view.read(text.slice()))
    const there = file(key)
    if (wanted.length === 0 && there === undefined) continue
    checked += 1
    holds(
      isAsWanted(there, wanted),
      'convergent',
      () =>
        `${name}: the file of ${key} is not what its view says: ${there ? difference(wanted, there) : 'it is not there'}`,
    )
  }
  for (const { stream, reason } of held) {
    holds(
      allowed.some((each) => reason.includes(each)),
      'convergent',
      () => `${name}: ${stream} is held at rest: ${reason}`,
    )
  }
  return checked
}

/** What its own agents add is never taken out of a file again, also where it is no record and the view leaves it out. */
function isAsWanted(there: Buffer | undefined, wanted: Buffer): boolean {
  if (!there?.subarray(0, wanted.length).equals(wanted)) return false
  return there
    .toString('latin1', wanted.length)
    .split('\n')
    .every((line) => !line.startsWith('{') || !line.endsWith('}'))
}

/** Reasons that rest alone does not end: somebody has to decide, or to map a project. */
const allowed = [
  'is of project',
  'another session',
  'withheld or lost',
  'may be damaged',
  'is not written',
  'no home',
  'Holdfast of',
  'lock file',
]
