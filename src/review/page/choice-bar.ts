import type { ChoiceName, ConflictRow } from '../../daemon/operations/conflicts.js'
import { choiceName, choiceSentence } from './conflict-words.js'
import { button, h, key, replaceChildren } from './dom.js'

export interface Choice {
  readonly choice: ChoiceName
  /** Whose branch stays, counted from 0; null where it is nobody's. */
  readonly branch: number | null
}

export interface ChoiceBar {
  readonly element: HTMLElement
  /** Takes the key of a choice. */
  onKey(key: string): boolean
  /** Goes to the result of what is chosen. */
  preview(): void
}

/** The choices of a conflict, one of which is taken, and what follows. */
export function choiceBar(
  conflict: ConflictRow,
  { preview, undo }: { readonly preview: (choice: Choice) => void; readonly undo: () => void },
): ChoiceBar {
  const choices = choicesOf(conflict)
  const options = choices.map(({ choice, branch, shortcut }, i) => {
    const option = button(
      {
        class: branch === null ? 'choice' : `choice tone-${(branch % 6) + 1}`,
        role: 'radio',
        'aria-checked': 'false',
        'aria-keyshortcuts': shortcut,
      },
      () => choose(i),
      choiceName(choice, hostOf(conflict, branch)),
      key(shortcut),
    )
    return option
  })
  const means = h('p', { class: 'means', role: 'status' })
  const go = button(
    { class: 'primary', disabled: true, 'aria-keyshortcuts': 'p' },
    () => showResult(),
    'See the result',
    key('p'),
  )
  let chosen: number | null = null

  function choose(index: number): void {
    chosen = index
    for (const [i, option] of options.entries()) {
      option.setAttribute('aria-checked', String(i === index))
      option.tabIndex = i === index ? 0 : -1
    }
    const taken = choices[index]
    if (taken) replaceChildren(means, choiceSentence(taken.choice, hostOf(conflict, taken.branch)))
    go.disabled = false
  }

  function showResult(): void {
    const taken = chosen === null ? undefined : choices[chosen]
    if (taken) preview(taken)
    else if (choices.length > 0) replaceChildren(means, 'Choose first what to do with it.')
  }

  for (const [i, option] of options.entries()) option.tabIndex = i === 0 ? 0 : -1
  if (choices.length > 0) replaceChildren(means, 'Nothing is changed before you have seen the result.')
  const decided = conflict.resolutions.some(({ undone }) => !undone)
  const element = h(
    'footer',
    { class: 'bar', 'aria-label': 'Decide' },
    options.length > 0 &&
      h('div', { class: 'choices', role: 'radiogroup', 'aria-label': 'What to do with it' }, ...options),
    means,
    choices.length > 0 && go,
    decided && button({ 'aria-keyshortcuts': 'z' }, undo, 'Take the decision back', key('z')),
  )
  // As radio buttons do: arrows choose.
  element.addEventListener('keydown', (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    const at = options.findIndex((option) => option === document.activeElement)
    if (by === undefined || at < 0) return
    event.preventDefault()
    choose((at + by + options.length) % options.length)
    options[(at + by + options.length) % options.length]?.focus()
  })
  const onKey = (pressed: string): boolean => {
    const index = choices.findIndex(({ shortcut }) => shortcut === pressed)
    if (index < 0) return false
    choose(index)
    return true
  }
  return { element, onKey, preview: showResult }
}

/** Every choice with its key. A split keeps the first branch under the session's name. */
function choicesOf({ choices, branches }: ConflictRow): (Choice & { readonly shortcut: string })[] {
  return choices.flatMap((choice): (Choice & { readonly shortcut: string })[] => {
    if (choice === 'union') return [{ choice, branch: null, shortcut: 'u' }]
    if (choice === 'split') return [{ choice, branch: null, shortcut: 's' }]
    return branches.slice(0, 9).map((_, branch) => ({ choice, branch, shortcut: String(branch + 1) }))
  })
}

function hostOf({ branches }: ConflictRow, branch: number | null): string | null {
  if (branch === null) return null
  const host = branches[branch]?.host ?? ''
  const several = branches.filter((each) => each.host === host).length > 1
  return several ? `${host} (${branch + 1})` : host
}
