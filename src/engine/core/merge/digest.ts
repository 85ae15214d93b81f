/**
 * A running digest of a sequence of items, in two 32-bit lanes, that can be put together from parts. It only tells
 * whether a file's own order is likely the order of keys; a chance equality shows the records in the order of keys,
 * which loses nothing.
 */
export interface Digest {
  readonly a: number
  readonly b: number
}

const factorA = 0x2545f491
const factorB = 0x6c078965

export const emptyDigest: Digest = { a: 0, b: 0 }

export function extendDigest(before: Digest, serial: number): Digest {
  return {
    a: (Math.imul(before.a, factorA) + scramble(serial, 0x9e3779b1)) | 0,
    b: (Math.imul(before.b, factorB) + scramble(serial, 0x85ebca77)) | 0,
  }
}

/** The factors' powers for a sequence of `count` items. */
export interface Powers {
  readonly a: number
  readonly b: number
}

export function powers(count: number): Powers {
  let [a, b, squareA, squareB] = [1, 1, factorA, factorB]
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) [a, b] = [Math.imul(a, squareA), Math.imul(b, squareB)]
    squareA = Math.imul(squareA, squareA)
    squareB = Math.imul(squareB, squareB)
  }
  return { a, b }
}

/** The digest of one sequence followed by another, whose powers are given. */
export function joinDigests(first: Digest, second: Digest, ofSecond: Powers): Digest {
  return {
    a: (Math.imul(first.a, ofSecond.a) + second.a) | 0,
    b: (Math.imul(first.b, ofSecond.b) + second.b) | 0,
  }
}

function scramble(serial: number, factor: number): number {
  let value = Math.imul(serial + 1, factor)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  return value ^ (value >>> 13)
}
