import { formatAgo, formatTime } from '../../cli/format.js'
import { h } from './dom.js'

/** An age, with the moment itself in a tooltip. */
export function ago(iso: string | null, nowMs: number): HTMLElement {
  const ms = iso === null ? Number.NaN : Date.parse(iso)
  if (iso === null || Number.isNaN(ms)) return h('span', { class: 'dim' }, '–')
  return h('time', { datetime: new Date(ms).toISOString(), title: formatTime(ms) }, formatAgo(ms, nowMs))
}

/** A moment in local time, as a record itself says it; what is no time is shown as it is. */
export function moment(said: string | null): HTMLElement | null {
  if (said === null) return null
  const ms = Date.parse(said)
  if (Number.isNaN(ms)) return h('span', { class: 'time' }, said)
  return h('time', { class: 'time', datetime: new Date(ms).toISOString(), title: said }, formatTime(ms))
}
