/** A connection that has not logged in, oldest first in its list. */
export interface Stranger {
  /** Where it comes from. */
  readonly address: string
}

/**
 * Which of the connections that have not logged in makes room for the next: the oldest of the address that has most of
 * them. Whoever opens many and never logs in displaces itself, and keeps nobody else out.
 */
export function displaced<S extends Stranger>(strangers: readonly S[]): S | undefined {
  const count = new Map<string, number>()
  for (const { address } of strangers) count.set(address, (count.get(address) ?? 0) + 1)
  const most = Math.max(0, ...count.values())
  return strangers.find(({ address }) => count.get(address) === most)
}
