import { h, key, button } from './dom.js'
import type { KeyHelp } from './view.js'

const everywhere: KeyHelp = [
  [['o'], 'overview'],
  [['t'], 'timeline'],
  [['c'], 'conflicts'],
  [['r'], 'ask again now'],
  [['Esc'], 'back'],
  [['?'], 'this help'],
]

/** Shows the keys of a view, and those that hold everywhere. */
export function showHelp(title: string, keys: KeyHelp): void {
  if (document.querySelector('dialog[open]')) return
  const back = document.activeElement
  const dialog = h('dialog', { class: 'help', 'aria-labelledby': 'help-title' })
  const close = button({ class: 'primary' }, () => dialog.close(), 'Close', key('Esc'))
  dialog.append(
    h('h2', { id: 'help-title' }, 'Keys'),
    h(
      'div',
      { class: 'help-columns' },
      keys.length > 0 && group(title, keys),
      group('Everywhere', everywhere),
    ),
    close,
  )
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (back instanceof HTMLElement) back.focus()
  })
  document.body.append(dialog)
  dialog.showModal()
}

function group(title: string, keys: KeyHelp): HTMLElement {
  const rows = keys.flatMap(([names, does]) => [
    h('dt', {}, ...names.map((each) => (each === '…' ? ' … ' : key(each)))),
    h('dd', {}, does),
  ])
  return h('section', {}, h('h3', {}, title), h('dl', {}, ...rows))
}
