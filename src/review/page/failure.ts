import type { AskError } from './ask.js'
import { button, h, sentenceNodes } from './dom.js'

/** An error with its next step, where something was to be shown. */
export function failure(error: AskError, again?: () => void): HTMLElement {
  return h(
    'div',
    { class: 'failure', role: 'alert' },
    h('p', {}, h('strong', {}, sentence(error.message))),
    h('p', { class: 'note' }, ...sentenceNodes(error.next)),
    again ? button({}, again, 'Try again') : null,
  )
}

/** Errors begin small, as they follow a colon elsewhere. */
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(whole) ? whole : `${whole}.`
}
