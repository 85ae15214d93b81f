import type { StatusResult } from '../daemon/operations/status.js'
import { changeText } from './change-group.js'
import type { Change } from './change-group.js'
import { counted } from './counted.js'
import { problemLines, suspectLines } from './finding-lines.js'
import { formatSize } from './format.js'
import { importText } from './live-lines.js'
import type { Importing, LiveDaemon, LiveView } from './live-view.js'
import { safeLine } from './safe-text.js'

const importEveryMs = 5_000
/** The most files that are told one by one of what came in one second. */
const filesMax = 10

/** The live status in a pipe: a plain line for what happens, when it happens. */
export class LiveLog implements LiveView {
  readonly everyMs = 1_000
  /** While it is so, files are told by the progress and the totals at the end, not one by one. */
  importing = false
  readonly #print: (line: string) => void
  readonly #now: () => number
  readonly #told = new Set<string>()
  /** What was told last of each peer. */
  readonly #peers = new Map<string, string>()
  #importToldMs: number
  #totals: 'wanted' | 'told' = 'wanted'

  constructor(print: (line: string) => void, now: () => number) {
    this.#print = print
    this.#now = now
    this.#importToldMs = now()
  }

  begin({ pid, own }: LiveDaemon): void {
    this.importing = own
    this.#print(
      own ? `starting (pid ${pid})` : `attached to the daemon (pid ${pid}), which goes on without me`,
    )
  }

  progress(done: Importing): void {
    if (this.#now() - this.#importToldMs < importEveryMs) return
    this.#importToldMs = this.#now()
    this.#print(importText(done))
  }

  caughtUp(): void {
    this.importing = false
  }

  show({ host, recording, streams, events, bytes, suspects, problems, peers }: StatusResult): void {
    if (recording && !this.importing && this.#totals === 'wanted') {
      this.#totals = 'told'
      const sizes = `${counted(streams, 'file')}, ${counted(events, 'event')}, ${formatSize(bytes)}`
      this.#print(`recording on ${safeLine(host)}: ${sizes}`)
    }
    for (const peer of peers) this.#tellPeer(peer)
    for (const line of suspectLines(suspects))
      this.#once(`may be damaged: ${line}; next: \`holdfast recover\``)
    for (const line of problemLines(problems)) this.#once(`not recorded: ${line}`)
  }

  changed(changes: readonly Change[], skipped: number): void {
    if (this.#totals === 'wanted') return
    for (const change of changes.slice(0, filesMax)) this.#print(changeText(change))
    const more = changes.slice(filesMax)
    const size = formatSize(more.reduce((sum, { bytes }) => sum + bytes, 0))
    if (more.length > 0) this.#print(`recorded ${counted(more.length, 'more file')} +${size}`)
    if (skipped > 0) this.#print(`recorded ${counted(skipped, 'more change')}`)
  }

  notice(text: string): void {
    this.#print(`notice: ${safeLine(text)}`)
  }

  tick(): void {
    // Lines are printed when there is something to say.
  }

  end(): void {
    // What was printed stands.
  }

  /** A line when a peer comes, goes, or refuses; not for each attempt in between. */
  #tellPeer({ name, state, error }: StatusResult['peers'][number]): void {
    const text =
      state === 'live'
        ? 'connected'
        : (state === 'waiting' || state === 'refused') && error !== null
          ? `${state === 'refused' ? 'refused' : 'away'}: ${safeLine(error.message)}`
          : null
    if (text === null || this.#peers.get(name) === text) return
    this.#peers.set(name, text)
    this.#print(`peer ${safeLine(name)} ${text}`)
  }

  #once(line: string): void {
    if (this.#told.has(line)) return
    this.#told.add(line)
    this.#print(line)
  }
}
