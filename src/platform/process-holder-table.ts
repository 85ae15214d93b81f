/** Collects who holds which path. */
export class HolderTable {
  readonly #byPath = new Map<string, Set<number>>()

  add(path: string, pid: number): void {
    const pids = this.#byPath.get(path)
    if (pids) pids.add(pid)
    else this.#byPath.set(path, new Set([pid]))
  }

  sorted(): Map<string, number[]> {
    const rows = [...this.#byPath].map(([path, pids]) => [path, [...pids].toSorted((a, b) => a - b)] as const)
    return new Map(rows.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}
