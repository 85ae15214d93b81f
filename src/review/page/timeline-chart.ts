import { counted } from '../../cli/counted.js'
import { formatCount, formatTime } from '../../cli/format.js'
import type { TimelineResult } from '../../daemon/operations/timeline.js'
import { h, name, svg } from './dom.js'
import { ticks, type Span } from './time-window.js'

const height = 36
const width = 960
/** Pixels that a tick with its words takes at least. */
const tickMinPx = 110

/** A row of bars for each host over one axis of time. A bar is a step: a click looks closer at it. */
export function timelineChart(
  { hosts, from, stepMs, moreHosts }: TimelineResult,
  span: Span,
  onStep: (step: Span) => void,
): HTMLElement {
  const most = Math.max(1, ...hosts.flatMap(({ counts }) => counts))
  const rows = hosts.map(({ name: host, own, counts, events }) => {
    const bars = counts.flatMap((count, step) => {
      if (count === 0) return []
      const start = (from ?? 0) + step * stepMs
      const tall = barHeight(count, most)
      const bar = svg(
        'g',
        { class: 'bar-step' },
        svg('title', {}, `${formatTime(start)}: ${counted(count, 'event')}`),
        svg('rect', { class: 'hit', x: x(step, counts.length), y: 0, width: width / counts.length, height }),
        svg('rect', {
          class: 'fill',
          x: x(step, counts.length) + 0.5,
          y: height - tall,
          width: Math.max(1, width / counts.length - 1),
          height: tall,
        }),
      )
      bar.addEventListener('click', () => onStep({ from: start, to: start + stepMs }))
      return [bar]
    })
    const drawing = svg(
      'svg',
      {
        viewBox: `0 0 ${width} ${height}`,
        preserveAspectRatio: 'none',
        role: 'img',
        'aria-label': `${host}: ${counted(events, 'event')} in this time`,
      },
      svg('line', { class: 'ground', x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }),
      ...bars,
    )
    return h(
      'div',
      { class: own ? 'row own' : 'row' },
      h('span', { class: 'host' }, name(host)),
      drawing,
      h('span', { class: 'number' }, formatCount(events)),
    )
  })
  return h(
    'div',
    { class: 'rows' },
    ...rows,
    axis(span),
    moreHosts > 0 && h('p', { class: 'dim' }, `and ${counted(moreHosts, 'more host')}`),
  )
}

function axis(span: Span): HTMLElement {
  const shown = ticks(span, Math.max(2, Math.min(8, innerWidth / tickMinPx))).filter(
    ({ ms }) => place(span, ms) < 96,
  )
  const marks = shown.map(({ ms, label }) => {
    const mark = h('span', { class: 'tick' }, label)
    // By the object model: the page's policy takes no style from markup.
    mark.style.left = `${place(span, ms)}%`
    return mark
  })
  return h(
    'div',
    { class: 'row axis', 'aria-hidden': 'true' },
    h('span'),
    h('div', { class: 'ticks' }, ...marks),
    h('span'),
  )
}

/** In hundredths of the width. */
function place({ from, to }: Span, ms: number): number {
  return ((ms - from) / (to - from)) * 100
}

/** By the root: a busy hour leaves a single event still to be seen. */
function barHeight(count: number, most: number): number {
  return Math.max(2, Math.sqrt(count / most) * (height - 2))
}

function x(step: number, steps: number): number {
  return (step * width) / steps
}
