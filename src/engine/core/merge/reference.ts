/**
 * The merge, said the plain way: everything from the whole set of events, with explicit sets and no index. It is what
 * the incremental view is tested against, and the shortest statement of the rules. Quadratic and worse.
 */
import { readHistory } from './reference-history.js'
import { commonLines, components, valueOf } from './reference-parts.js'
import { bytesOfText, type Copy, type History, latin, type Past } from './reference-types.js'
import { comparePlaces, compareText } from './order.js'
import { compareTime } from '../clock.js'
import type { ConflictKind, ConflictStatus, MergeFormat, StreamEvent, StreamState } from './types.js'

export interface ReferenceConflict {
  readonly kind: ConflictKind
  readonly status: ConflictStatus
  /** `log:offset` of the head, number of own records, hosts; by head. */
  readonly branches: readonly string[]
}

export interface ReferenceMerge {
  readonly bytes: Uint8Array
  readonly state: StreamState
  readonly heads: readonly string[]
  readonly conflicts: readonly ReferenceConflict[]
  readonly waiting: readonly string[]
}

/** Merges a set of events from nothing. */
export function mergeFromScratch(sources: readonly StreamEvent[], format: MergeFormat): ReferenceMerge {
  return new Reference(readHistory(sources, format), format).merge()
}

class Reference {
  readonly #history: History
  readonly #format: MergeFormat
  readonly #heads: readonly Past[]
  readonly #resolves: readonly Past[]
  readonly #visible: Set<string>
  /** What resolutions leave, malformed records included. */
  readonly #left: ReadonlySet<string>

  constructor(history: History, format: MergeFormat) {
    this.#history = history
    this.#format = format
    const all = [...history.events.values()]
    this.#heads = all.filter(
      (past) => !all.some((other) => other !== past && !other.undone && other.events.has(past.id)),
    )
    this.#resolves = all.filter(({ kept, undone, source: { event } }) => {
      return kept !== null && !undone && event.body.kind === 'resolve' && event.body.choice !== 'undo'
    })
    this.#left = this.#contents(null)
    this.#visible = new Set(this.#left)
    for (const item of this.#malformed()) this.#visible.delete(item)
  }

  merge(): ReferenceMerge {
    const states = components(this.#history, this.#format)
    const [primary] = states
    const common = {
      heads: this.#heads.map(({ id }) => id).sort(compareText),
      waiting: this.#history.waiting,
    }
    if (!primary) return { bytes: new Uint8Array(0), state: 'empty', conflicts: [], ...common }
    return {
      bytes: this.#bytes(primary.events),
      state: primary.state,
      conflicts: this.#conflicts(states),
      ...common,
    }
  }

  get #union(): boolean {
    return this.#format.shape === 'tree' || this.#format.shape === 'records'
  }

  #bytes(events: readonly Past[]): Uint8Array {
    const tips = this.#tips(events)
    if (this.#format.shape === 'whole') {
      const values = tips.filter((tip) => tip.text !== '')
      const good = values.filter((tip) => this.#format.wellFormed(valueOf(tip)))
      const shown = (good.length > 0 ? good : values).at(-1)
      return shown ? valueOf(shown) : new Uint8Array(0)
    }
    if (!this.#union) {
      const shown = this.#leastBranch(tips)
      return shown ? bytesOfText(shown.text + this.#tail(shown)) : new Uint8Array(0)
    }
    const items = this.#ordered(
      [...this.#visible].filter((item) => events.includes(this.#standing(item).event)),
    )
    const text = items.map((item) => `${this.#standing(item).content}\n`).join('')
    const [tip] = tips
    if (tips.length === 1 && tip && tip.file && tip.cells.length > 0) {
      const written = latin(tip.cells.map(({ byte }) => byte))
      const lines = written.slice(0, written.lastIndexOf('\n') + 1)
      const same = lines.split('\n').sort().join('\n') === text.split('\n').sort().join('\n')
      if (same) return bytesOfText(lines + this.#tail(tip))
    }
    return bytesOfText(text)
  }

  #tail(tip: Past): string {
    const { file } = tip
    if (!file || file.last !== tip || file.cells.length !== tip.cells.length) return ''
    if (!file.cells.every((cell, at) => cell === tip.cells[at])) return ''
    const text = latin(tip.cells.map(({ byte }) => byte))
    // A file that holds more than its host's own text has no tail of that text's.
    if (this.#format.shape === 'ordered' && text.slice(0, text.lastIndexOf('\n') + 1) !== tip.text) return ''
    return text.slice(text.lastIndexOf('\n') + 1)
  }

  #leastBranch(tips: readonly Past[]): Past | undefined {
    const texts = tips.map(({ text }) => text)
    const common = commonLines(texts)
    const first = (tip: Past): Copy | undefined => {
      const end = tip.text.indexOf('\n', common.length)
      return end === -1 ? undefined : this.#standing(tip.text.slice(0, end + 1))
    }
    return [...tips].sort((a, b) => {
      const [x, y] = [first(a), first(b)]
      return x && y ? comparePlaces(x, y) : x ? -1 : y ? 1 : 0
    })[0]
  }

  #standing(item: string): Copy {
    return this.#history.copies.filter((copy) => copy.item === item).sort(comparePlaces)[0] as Copy
  }

  #ordered(items: readonly string[]): string[] {
    return [...items].sort((a, b) => comparePlaces(this.#standing(a), this.#standing(b)))
  }

  /** The items of one event's past (null: of everything) that resolutions within it leave. */
  #contents(within: Past | null): Set<string> {
    const inside = (past: Past): boolean => within === null || within.events.has(past.id)
    const known = this.#resolves.filter(inside)
    const deciding = known.filter(
      (past) => !known.some((other) => other !== past && other.events.has(past.id)),
    )
    const contents = new Set<string>()
    for (const copy of within ? within.copies : this.#history.copies) {
      const covering = deciding.filter((resolve) => resolve.copies.has(copy))
      const stays = covering.some(
        (resolve) => resolve.kept?.has(copy.item) || this.#returns(resolve, copy, inside, deciding),
      )
      if (covering.length === 0 || stays) contents.add(copy.item)
    }
    return contents
  }

  /** Whether an event that doesn't know a resolution, nor is known to it, continues what has this copy. */
  #returns(resolve: Past, copy: Copy, inside: (past: Past) => boolean, deciding: readonly Past[]): boolean {
    return [...this.#history.events.values()].some(
      (past) =>
        past.bytes.length > 0 &&
        inside(past) &&
        !past.events.has(resolve.id) &&
        !resolve.events.has(past.id) &&
        past.copies.has(copy) &&
        !deciding.some(
          (other) => other.events.has(past.id) && other.copies.has(copy) && !other.kept?.has(copy.item),
        ) &&
        !this.#resolves.some(
          (other) => past.events.has(other.id) && other.copies.has(copy) && !other.kept?.has(copy.item),
        ),
    )
  }

  #malformed(): Set<string> {
    const hidden = new Set<string>()
    if (!this.#union) return hidden
    const inLossy = (copy: Copy): boolean => {
      const { file, line } = copy.event
      return (
        file !== null && (file.malformed.get(line)?.has(copy.item) ?? false) && this.#losesLine(copy.event)
      )
    }
    for (const item of this.#visible) {
      const copies = this.#history.copies.filter((copy) => copy.item === item)
      if (copies.every(inLossy)) hidden.add(item)
    }
    return hidden
  }

  #losesLine(past: Past): boolean {
    const { file, line } = past
    if (!file || !file.lines.has(line)) return false
    if (file.line === line) return this.#lost(past).length > 0
    const reset = [...this.#history.events.values()].find(
      (event) => event.file === file && event.line === line && event.source.event.body.kind === 'reset',
    )
    return file.lossy.has(line) && !this.#resolves.some((resolve) => reset && resolve.events.has(reset.id))
  }

  #lost(past: Past): string[] {
    const { file } = past
    if (!file || file.line !== past.line) return []
    return [...file.drops].flatMap(([item, reset]) => {
      const decided = this.#resolves.some((resolve) => resolve.events.has(reset.id))
      return decided || (this.#union && !this.#left.has(item)) ? [] : [item]
    })
  }

  #behind(inner: Past, outer: Past): boolean {
    if (this.#format.shape === 'ordered') return outer.text.startsWith(inner.text)
    if (this.#format.shape === 'whole') return inner.text === '' || this.#holdsValue(outer, inner.text)
    const contents = this.#contents(outer)
    return [...this.#contents(inner)].every((item) => contents.has(item))
  }

  #holdsValue(outer: Past, item: string): boolean {
    return [...outer.copies].some((copy) => {
      if (copy.item !== item) return false
      return !this.#resolves.some(
        (resolve) =>
          resolve !== outer &&
          outer.events.has(resolve.id) &&
          resolve.copies.has(copy) &&
          resolve.text !== item,
      )
    })
  }

  #tips(events: readonly Past[]): Past[] {
    return this.#reduce(this.#heads.filter((head) => events.includes(head) && !head.undone))
  }

  #reduce(nodes: readonly Past[]): Past[] {
    const tips = [...nodes].sort(
      (a, b) => compareTime(a.key, b.key) || compareText(a.ref.log, b.ref.log) || a.ref.offset - b.ref.offset,
    )
    for (const tip of tips.toReversed()) {
      if (tips.length < 2 || this.#losesLine(tip)) continue
      if (tips.some((other) => other !== tip && this.#behind(tip, other))) tips.splice(tips.indexOf(tip), 1)
    }
    return tips
  }

  #conflicts(states: { events: Past[]; state: string }[]): ReferenceConflict[] {
    const found: ReferenceConflict[] = []
    for (const { events, state } of states) {
      const tips = this.#tips(events)
      if (tips.length > 1 && state !== 'moved') found.push(this.#conflict(tips, 'open', null))
    }
    for (const past of this.#history.events.values()) {
      const brought = past.parents.filter(({ undone }) => !undone)
      const tips = past.parents.length > 1 ? this.#reduce(brought) : []
      if (tips.length < 2) continue
      const resolved = past.kept !== null || this.#resolves.some((resolve) => resolve.events.has(past.id))
      found.push(this.#conflict(tips, resolved ? 'resolved' : 'merged', null))
    }
    const live = states.filter(({ state }) => state === 'live')
    if (live.length > 1) {
      const tips = live.flatMap(({ events }) => this.#tips(events).slice(0, 1))
      found.push(this.#conflict(tips, 'open', 'unrelated'))
    }
    for (const { last, state, continued } of this.#history.files.values()) {
      if (state !== 'removed' || !last || continued) continue
      const events = states.find((group) => group.events.includes(last))?.events ?? []
      const others = this.#tips(events).filter(
        (tip) => tip !== last && !tip.events.has(last.id) && !this.#behind(tip, last),
      )
      const resolved = this.#resolves.some((resolve) => resolve.events.has(last.id))
      if (others.length > 0)
        found.push(this.#conflict([last, ...others], resolved ? 'resolved' : 'open', 'remove'))
    }
    return found
  }

  #conflict(nodes: readonly Past[], status: ConflictStatus, given: ConflictKind | null): ReferenceConflict {
    const kept = [...nodes]
    if (given !== 'remove') {
      for (const node of nodes) {
        const others = kept.filter((other) => other !== node)
        if (others.length < 2 || this.#losesLine(node)) continue
        if (this.#own(node, others).length === 0) kept.splice(kept.indexOf(node), 1)
      }
    }
    const branches = kept.map((node, at) => {
      const others = given === 'remove' ? [nodes[0] as Past] : kept.filter((other) => other !== node)
      const own = given === 'remove' && at === 0 ? [] : this.#own(node, others)
      const copies = own.map(
        (item) => [...node.copies].filter((copy) => copy.item === item).sort(comparePlaces)[0],
      )
      const hosts = new Set(copies.flatMap((copy) => (copy ? [copy.event.source.host] : [])))
      if (hosts.size === 0) hosts.add(node.source.host)
      return { node, own, text: `${node.id} ${own.length} ${[...hosts].sort(compareText).join(',')}` }
    })
    return {
      kind:
        given ??
        this.#kind(
          nodes,
          branches.map(({ own }) => own),
        ),
      status,
      branches: branches.map(({ text }) => text).sort(compareText),
    }
  }

  #own(node: Past, others: readonly Past[]): string[] {
    if (this.#format.shape === 'ordered') {
      const common =
        others.map((other) => commonLines([node.text, other.text])).sort((a, b) => b.length - a.length)[0] ??
        ''
      const own: string[] = []
      for (let at = node.text.indexOf('\n', common.length); at !== -1; at = node.text.indexOf('\n', at + 1)) {
        own.push(node.text.slice(0, at + 1))
      }
      return own
    }
    if (this.#format.shape === 'whole') {
      return node.text === '' || others.some((other) => this.#holdsValue(other, node.text)) ? [] : [node.text]
    }
    const theirs = others.map((other) => this.#contents(other))
    return [...this.#contents(node)].filter((item) => !theirs.some((contents) => contents.has(item)))
  }

  #kind(nodes: readonly Past[], own: readonly string[][]): ConflictKind {
    if (this.#format.shape === 'whole') return 'values'
    if (nodes.some((node) => this.#losesLine(node))) return 'rewrite'
    const deciding = this.#resolves.filter(
      (past) => !this.#resolves.some((other) => other !== past && other.events.has(past.id)),
    )
    const decided = nodes.filter((node) => deciding.some((resolve) => node.events.has(resolve.id)))
    const common = deciding.some((resolve) => decided.every((node) => node.events.has(resolve.id)))
    if (decided.length > 1 && !common) return 'resolutions'
    const ids = own.map(
      (items) => new Map(items.map((item) => [this.#id(item), this.#standing(item)?.content ?? ''])),
    )
    const clash = ids.some((a, at) =>
      ids
        .slice(at + 1)
        .some((b) => [...a].some(([id, content]) => id !== null && b.has(id) && b.get(id) !== content)),
    )
    return clash ? 'id-clash' : 'fork'
  }

  #id(item: string): string | null {
    const content =
      this.#standing(item)?.content ?? item.slice(item.lastIndexOf('\n', item.length - 2) + 1, -1)
    return this.#format.describe(bytesOfText(content))?.id ?? null
  }
}
