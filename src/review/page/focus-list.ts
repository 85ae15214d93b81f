/** Moves the focus among the elements of a list, one step or to an end; it stops at the ends. */
export function moveFocus(elements: readonly HTMLElement[], step: number): boolean {
  if (elements.length === 0) return false
  const active = document.activeElement
  const at = elements.findIndex((element) => element === active || element.contains(active))
  const to = at < 0 ? (step > 0 ? 0 : elements.length - 1) : at + step
  const next = elements[Math.max(0, Math.min(to, elements.length - 1))]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
  return at !== to && to >= 0 && to < elements.length
}

/** 1 and -1 for the keys that go down and up a list. */
export function listStep(key: string): number | null {
  if (key === 'j' || key === 'ArrowDown') return 1
  return key === 'k' || key === 'ArrowUp' ? -1 : null
}
