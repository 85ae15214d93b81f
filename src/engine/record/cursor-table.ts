import { cursorId, type Cursor, type CursorKey, type FileIdentity } from '../core/cursor.js'
import { limits } from '../core/limits.js'
import type { Commit, LogWriter } from '../ports/log.js'

export interface Durable {
  readonly key: CursorKey
  readonly kind: Commit['events'][number]['body']['kind']
  readonly bytes: number
}

/**
 * The cursors in memory, and the way of a commit to the writer. A cursor here may be ahead of what is durable: it says
 * what was handed over, so that nothing is read twice. A failed commit is fatal to the whole process, never undone here.
 */
export class CursorTable {
  readonly #cursors: Map<string, Cursor>
  readonly #byInode = new Map<string, Set<string>>()
  readonly #onDurable: (durable: readonly Durable[]) => void
  readonly #onFailure: (error: unknown) => void
  /** Cursors that moved without an event: a new time stamp, a second look. Saved now and then. */
  readonly #unsaved = new Set<string>()
  /** Commits that are not durable yet, oldest first. */
  readonly #onTheirWay = new Set<Promise<void>>()
  /** How many commits with events are on their way, by `cursorId`. */
  readonly #undurable = new Map<string, number>()
  #failure: unknown = null

  /** @param onFailure called once, with what made the first commit fail */
  constructor(
    cursors: Map<string, Cursor>,
    onDurable: (durable: readonly Durable[]) => void,
    onFailure: (error: unknown) => void = () => undefined,
  ) {
    this.#cursors = cursors
    this.#onDurable = onDurable
    this.#onFailure = onFailure
    for (const [id, cursor] of cursors) this.#index(id, cursor.identity)
  }

  get(key: CursorKey): Cursor | undefined {
    return this.#cursors.get(cursorId(key))
  }

  set(key: CursorKey, cursor: Cursor): void {
    this.#put(key, cursor)
    this.#unsaved.add(cursorId(key))
  }

  #put(key: CursorKey, cursor: Cursor): void {
    const id = cursorId(key)
    const old = this.#cursors.get(id)
    if (old && old.identity.ino !== cursor.identity.ino) this.#unindex(id, old.identity)
    this.#cursors.set(id, cursor)
    this.#index(id, cursor.identity)
  }

  forget(key: CursorKey): void {
    const id = cursorId(key)
    const old = this.#cursors.get(id)
    if (old) this.#unindex(id, old.identity)
    this.#cursors.delete(id)
    this.#unsaved.delete(id)
  }

  all(): Iterable<Cursor> {
    return this.#cursors.values()
  }

  /** Cursors of a root, or of a folder of it, whose files were there when last seen. */
  live(root: string, folder = ''): Cursor[] {
    const within = folder === '' ? '' : `${folder}/`
    const found: Cursor[] = []
    for (const cursor of this.#cursors.values()) {
      const { facts, state } = cursor
      if (state === 'live' && facts.root === root && facts.path.startsWith(within)) found.push(cursor)
    }
    return found
  }

  /** Live cursors of the same inode under another key. */
  sameInode(identity: FileIdentity, key: CursorKey): Cursor[] {
    const ids = this.#byInode.get(inode(identity)) ?? []
    return [...ids].flatMap((id) => {
      const cursor = this.#cursors.get(id)
      return cursor && id !== cursorId(key) && cursor.state === 'live' ? [cursor] : []
    })
  }

  /** Whether the log does not hold yet all that the cursor of a file says. */
  isOnItsWay(key: CursorKey): boolean {
    return this.#undurable.has(cursorId(key))
  }

  /** Saves cursors that moved without an event. */
  async save(writer: LogWriter): Promise<void> {
    if (this.#unsaved.size === 0) return
    const cursors = [...this.#unsaved].flatMap((id) => {
      const cursor = this.#cursors.get(id)
      return cursor ? [{ key: { root: cursor.facts.root, path: cursor.facts.path }, cursor }] : []
    })
    await this.submit({ events: [], cursors }, writer)
  }

  /**
   * Hands a commit to the writer, with the cursors that it moves; waits only while too much is on its way.
   * @throws what made this or an earlier commit fail
   */
  async submit(commit: Commit, writer: LogWriter): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    for (const { key, cursor } of commit.cursors ?? []) {
      if (cursor) this.#put(key, cursor)
      this.#unsaved.delete(cursorId(key))
    }
    // Told when it is durable, without holding on to the bytes until then.
    const durable = commit.events.flatMap(({ body }) => durableOf(body))
    const told = writer.append(commit).then(
      () => {
        if (durable.length > 0) this.#onDurable(durable)
      },
      (error: unknown) => {
        if (this.#failure !== null) return
        this.#failure = error
        this.#onFailure(error)
      },
    )
    const ids = commit.events.length > 0 ? (commit.cursors ?? []).map(({ key }) => cursorId(key)) : []
    for (const id of ids) this.#undurable.set(id, (this.#undurable.get(id) ?? 0) + 1)
    const ended = told.finally(() => {
      this.#onTheirWay.delete(ended)
      for (const id of ids) this.#arrived(id)
    })
    this.#onTheirWay.add(ended)
    // One batch less is enough: whoever waited for all would leave the disk idle while the next ones are read.
    while (writer.pendingBytes > limits.queueMaxBytes && this.#onTheirWay.size > 0) await this.#oldest()
    if (this.#failure !== null) throw this.#failure
  }

  #arrived(id: string): void {
    const left = (this.#undurable.get(id) ?? 1) - 1
    if (left > 0) this.#undurable.set(id, left)
    else this.#undurable.delete(id)
  }

  async #oldest(): Promise<void> {
    const [oldest] = this.#onTheirWay
    await oldest
  }

  #unindex(id: string, identity: FileIdentity): void {
    const name = inode(identity)
    const ids = this.#byInode.get(name)
    ids?.delete(id)
    if (ids?.size === 0) this.#byInode.delete(name)
  }

  #index(id: string, identity: FileIdentity): void {
    const name = inode(identity)
    const ids = this.#byInode.get(name)
    if (ids) ids.add(id)
    else this.#byInode.set(name, new Set([id]))
  }
}

function durableOf(body: Commit['events'][number]['body']): Durable[] {
  if (!('epoch' in body)) return []
  const { root, path } = body.file
  return [{ key: { root, path }, kind: body.kind, bytes: 'bytes' in body ? body.bytes.length : 0 }]
}

// The device may change at a reboot; the inode alone is enough of a hint, the content decides.
function inode(identity: FileIdentity): string {
  return String(identity.ino)
}
