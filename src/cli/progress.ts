import type { Progress } from '../daemon/operation.js'
import { formatCount, formatSize } from './format.js'
import { safeLine } from './safe-text.js'

/** Where progress is drawn, and the time. */
export interface ProgressScreen {
  write(text: string): void
  readonly isTTY: boolean
  readonly columns: number
  now(): number
}

const redrawEveryMs = 80
const lineEveryMs = 5_000

/**
 * Shows how far an operation is: in a terminal one line that is drawn anew, elsewhere a plain line every few
 * seconds, so that a log of a long run says something and one of a short run nothing.
 */
export class ProgressLine {
  readonly #screen: ProgressScreen
  #drawnMs: number
  #drawn = false

  constructor(screen: ProgressScreen) {
    this.#screen = screen
    this.#drawnMs = screen.isTTY ? -Infinity : screen.now()
  }

  show(progress: Progress): void {
    const { isTTY, columns } = this.#screen
    const now = this.#screen.now()
    if (now - this.#drawnMs < (isTTY ? redrawEveryMs : lineEveryMs)) return
    this.#drawnMs = now
    const text = progressText(progress)
    if (!isTTY) {
      this.#screen.write(`${text}\n`)
      return
    }
    this.#screen.write(`\r\u001b[2K${text.slice(0, Math.max(1, columns - 1))}`)
    this.#drawn = true
  }

  /** Takes the line away, so that whatever is printed next stands alone. */
  clear(): void {
    if (this.#drawn) this.#screen.write('\r\u001b[2K')
    this.#drawn = false
  }
}

function progressText({ phase, done, total, unit }: Progress): string {
  const amount = (value: number): string => (unit === 'bytes' ? formatSize(value) : formatCount(value))
  const suffix = unit === 'bytes' ? '' : ` ${unit}`
  if (total === null) return `${safeLine(phase)}: ${amount(done)}${suffix}`
  const percent = total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 100
  return `${safeLine(phase)}: ${amount(done)} of ${amount(total)}${suffix} (${percent} %)`
}
