import type { StatusResult } from '../daemon/operations/status.js'
import type { Change } from './change-group.js'
import { liveLines } from './live-lines.js'
import type { LiveState, RecentChange } from './live-lines.js'
import type { Importing, LiveDaemon, LiveView } from './live-view.js'
import type { Paint } from './paint.js'

/** The terminal, and the time. */
export interface LiveTerminal {
  readonly write: (text: string) => void
  /** Its height in lines, as it is now. */
  readonly rows: () => number
  readonly now: () => number
}

const recentMax = 5
const noticesMax = 3

/** Without it a long line would wrap, and the next drawing would begin on the wrong line. */
const wrapOff = '\u001b[?7l'
const wrapOn = '\u001b[?7h'

/** The live status in a terminal: the same few lines, drawn anew. */
export class LiveScreen implements LiveView {
  readonly everyMs = 250
  readonly #terminal: LiveTerminal
  readonly #paint: Paint
  #state: LiveState = {
    daemon: { pid: 0, own: true },
    status: null,
    importing: null,
    recent: [],
    notices: [],
  }
  #drawnLines = 0

  constructor(terminal: LiveTerminal, paint: Paint) {
    this.#terminal = terminal
    this.#paint = paint
  }

  get importing(): boolean {
    return this.#state.importing !== null
  }

  begin(daemon: LiveDaemon): void {
    this.#state = { ...this.#state, daemon }
    this.tick()
  }

  progress(importing: Importing): void {
    this.#state = { ...this.#state, importing }
  }

  caughtUp(): void {
    this.#state = { ...this.#state, importing: null }
  }

  show(status: StatusResult): void {
    this.#state = { ...this.#state, status }
  }

  changed(changes: readonly Change[]): void {
    const atMs = this.#terminal.now()
    const files = new Set(changes.map(({ root, path }) => `${root}\0${path}`))
    const others = this.#state.recent.filter(({ root, path }) => !files.has(`${root}\0${path}`))
    const added = changes.map((change): RecentChange => ({ ...change, atMs }))
    this.#state = { ...this.#state, recent: [...others, ...added].slice(-recentMax) }
  }

  notice(text: string): void {
    this.#state = { ...this.#state, notices: [...this.#state.notices, text].slice(-noticesMax) }
  }

  tick(): void {
    const { write, rows, now } = this.#terminal
    const lines = liveLines(this.#state, now(), this.#paint).slice(0, Math.max(1, rows() - 1))
    const back = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : ''
    const drawn = lines.map((line) => `${line}\u001b[K\n`).join('')
    write(`${back}\r${wrapOff}${drawn}\u001b[J${wrapOn}`)
    this.#drawnLines = lines.length
  }

  end(): void {
    this.tick()
  }
}
