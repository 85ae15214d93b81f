/** How many digits tell these ids apart, at least 7. */
export function idDigits(ids: readonly string[]): number {
  const sorted = [...ids].sort()
  let length = 7
  for (const [i, id] of sorted.entries()) {
    const next = sorted[i + 1]
    if (next === undefined || next === id) continue
    while (length < id.length && id.slice(0, length) === next.slice(0, length)) length++
  }
  return length
}
