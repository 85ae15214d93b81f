import type { LiveOverview } from './live-overview.js'

/** What a view needs of the page around it. */
export interface Page {
  readonly live: LiveOverview
  /** Goes to a place of the page: what stands after `#`. */
  go(place: string): void
  /** Says something in words, for screen readers too; it stays until the next. */
  say(words: string, tone?: Tone): void
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad'

/** Keys and what they do, for the help. */
export type KeyHelp = readonly (readonly [keys: readonly string[], does: string])[]

/** One of the page's views, for as long as it is shown. */
export interface View {
  readonly title: string
  readonly element: HTMLElement
  readonly keys: KeyHelp
  /** Takes a key; false where it means nothing here. */
  onKey(key: string): boolean
  /** The view goes: whatever it still asks for is given up. */
  close(): void
}
