import type { Vector } from './model.js'

export const emptyVector: Vector = new Map()

/** The least vector that contains both; `a` itself where it does. */
export function join(a: Vector, b: Vector): Vector {
  if (a === b || contains(a, b)) return a
  if (contains(b, a)) return b
  const joined = new Map(a)
  for (const [chain, units] of b) if (units > (joined.get(chain) ?? 0)) joined.set(chain, units)
  return joined
}

export function contains(outer: Vector, inner: Vector): boolean {
  for (const [chain, units] of inner) if ((outer.get(chain) ?? 0) < units) return false
  return true
}
