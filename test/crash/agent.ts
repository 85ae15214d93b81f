import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { growth } from '../fixtures-gen/corpus-growth.js'
import type { SeededRandom } from '../fixtures-gen/random.js'
import type { Series } from './series.js'

const roots = [
  ['claude', '.claude/projects/'],
  ['claude-todos', '.claude/todos/'],
  ['claude-tasks', '.claude/tasks/'],
  ['codex', '.codex/'],
  ['gemini', '.gemini/tmp/'],
] as const

type Step = { readonly append: Buffer } | { readonly replace: Buffer }

/** One session file and all that it ever truly held. */
export class TrueFile {
  readonly path: string
  readonly absolute: string
  /** `<root>/<path in the root>`: where a replay puts it. */
  readonly replayPath: string
  /** What it held before each rewrite. */
  readonly earlier: Buffer[] = []
  /** Counts rewrites. */
  rewrites = 0
  content: Buffer = Buffer.alloc(0)

  constructor(userHome: string, path: string) {
    this.path = path
    this.absolute = join(userHome, path)
    const [root, base] = roots.find(([, folder]) => path.startsWith(folder)) ?? ['', '']
    if (root === '') throw new Error(`${path} is below no known root`)
    this.replayPath = `${root}/${path.slice(base.length)}`
  }

  append(bytes: Uint8Array): void {
    mkdirSync(dirname(this.absolute), { recursive: true, mode: 0o700 })
    appendFileSync(this.absolute, bytes, { mode: 0o600 })
    this.content = Buffer.concat([this.content, bytes])
  }

  /** As agents rewrite: by a new file in its place, or in place. */
  replace(bytes: Buffer, atomic: boolean): void {
    mkdirSync(dirname(this.absolute), { recursive: true, mode: 0o700 })
    if (atomic) {
      writeFileSync(`${this.absolute}.tmp`, bytes, { mode: 0o600 })
      renameSync(`${this.absolute}.tmp`, this.absolute)
    } else writeFileSync(this.absolute, bytes, { mode: 0o600 })
    this.turnTo(bytes)
  }

  /** From now on this is what it truly holds. */
  turnTo(bytes: Buffer): void {
    if (bytes.equals(this.content)) return
    this.earlier.push(this.content)
    this.content = bytes
    this.rewrites += 1
  }

  onDisk(): Buffer | null {
    return existsSync(this.absolute) ? readFileSync(this.absolute) : null
  }

  /** Whether the bytes are the beginning of something that it truly held. */
  once(bytes: Buffer): boolean {
    return [this.content, ...this.earlier].some((held) => held.subarray(0, bytes.length).equals(bytes))
  }
}

const activeMax = 8

/** The only writer of a machine's session files: replays series as appends and rewrites, and knows the truth. */
export class Agent {
  readonly files: TrueFile[] = []
  readonly #userHome: string
  readonly #random: SeededRandom
  readonly #waiting: Series[]
  readonly #more: () => readonly Series[]
  readonly #active: { readonly file: TrueFile; readonly steps: Iterator<Step> }[] = []

  /** @param more gives what to write once all of `series` is written; nothing by default */
  constructor(
    userHome: string,
    series: readonly Series[],
    random: SeededRandom,
    more: () => readonly Series[] = () => [],
  ) {
    this.#userHome = userHome
    this.#random = random
    this.#waiting = [...series]
    this.#more = more
  }

  /** One append or rewrite of a file that is not among `untouched`. Returns false where nothing is left to write. */
  step(untouched: ReadonlySet<TrueFile> = new Set()): boolean {
    while (this.#active.length < activeMax) {
      if (this.#waiting.length === 0) this.#waiting.push(...this.#more())
      const series = this.#waiting.shift()
      if (!series) break
      const file = new TrueFile(this.#userHome, series.path)
      this.files.push(file)
      this.#active.push({ file, steps: stepsOf(series, this.#random) })
    }
    const ready = this.#active.filter(({ file }) => !untouched.has(file))
    if (ready.length === 0) return this.#active.length > 0
    const chosen = this.#random.pick(ready)
    const { value, done } = chosen.steps.next()
    if (done) this.#active.splice(this.#active.indexOf(chosen), 1)
    else if ('append' in value) chosen.file.append(value.append)
    else chosen.file.replace(value.replace, this.#random.chance(0.5))
    return true
  }

  /** Writes for about this long. */
  async work(ms: number, untouched?: ReadonlySet<TrueFile>): Promise<void> {
    const end = performance.now() + ms
    while (performance.now() < end) {
      for (let steps = 1 + this.#random.int(3); steps > 0; steps--) if (!this.step(untouched)) return
      await sleep(this.#random.int(12))
    }
  }
}

function* stepsOf({ path, snapshots }: Series, random: SeededRandom): Generator<Step, undefined> {
  let held: Buffer = Buffer.alloc(0)
  for (const snapshot of snapshots) {
    const grown = snapshot.subarray(0, held.length).equals(held)
    if (!path.endsWith('.jsonl') || !grown) yield { replace: snapshot }
    else for (const bytes of growth(snapshot.subarray(held.length), random)) yield { append: bytes }
    held = snapshot
  }
  return undefined
}
