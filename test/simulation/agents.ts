import { ownPrefix } from '../../src/engine/formats/droppings.js'
import type { WatchedRoot } from '../../src/engine/record/watched-root.js'
import type { SeededRandom } from '../fixtures-gen/random.js'
import type { Disk } from './disk.js'
import type { Inode } from './inode.js'
import { home, simulatedRoots } from './roots.js'
import type { Notes } from './trace.js'

export interface AgentHabits {
  /** How often a line is of hundreds of kilobytes. */
  readonly bigLineChance: number
  /** How often something other than an append is done. */
  readonly editChance: number
}

interface Target {
  readonly path: string
  readonly inode: Inode
}

type Deed = readonly [weight: number, name: string, run: (target: Target) => void]

/** Programs that write, rotate, edit and delete session files, each in one indivisible step of the disk. */
export class Agents {
  readonly #disk: Disk
  readonly #random: SeededRandom
  readonly #trace: Notes
  readonly #habits: AgentHabits
  #lines = 0
  #names = 0
  readonly #deeds: readonly Deed[] = [
    [6, 'half line', (at) => this.#append(at, this.#line().slice(0, 1 + this.#random.int(30)))],
    [3, 'line with CRLF', (at) => this.#append(at, this.#line().replace('\n', '\r\n'))],
    [3, 'odd bytes', (at) => this.#write(at, Buffer.concat([at.inode.bytes, this.#odd()]))],
    [3, 'truncate', (at) => this.#write(at, at.inode.bytes.subarray(0, this.#position(at)))],
    [1, 'empty', (at) => this.#write(at, Buffer.alloc(0))],
    [3, 'truncate and regrow', (at) => this.#regrow(at)],
    [2, 'rewrite', (at) => this.#write(at, Buffer.from(this.#line() + this.#line()))],
    [4, 'replace', (at) => this.#replace(at)],
    [3, 'edit in place', (at) => this.#edit(at)],
    [2, 'edit and append', (at) => this.#editAndAppend(at)],
    [2, 'touch', ({ path, inode }) => this.#disk.touch(inode, path)],
    [3, 'delete', ({ path }) => this.#disk.remove(path)],
    [2, 'delete and create', (at) => this.#recreate(at)],
    [3, 'rename', ({ path }) => this.#disk.rename(path, this.#newPath(this.#rootOf(path)))],
    [2, 'hard link', ({ path, inode }) => this.#disk.link(inode, this.#newPath(this.#rootOf(path)))],
    [1, 'forbid', ({ path, inode }) => this.#forbid(path, inode)],
    [1, 'take root away', ({ path }) => this.#takeAway(this.#rootOf(path))],
  ]

  constructor(disk: Disk, random: SeededRandom, trace: Notes, habits: AgentHabits) {
    this.#disk = disk
    this.#random = random
    this.#trace = trace
    this.#habits = habits
  }

  /** Does one thing somewhere. */
  act(): void {
    this.#bringBack()
    const target = this.#target()
    if (!target || this.#random.chance(0.12)) {
      this.#create()
      return
    }
    if (target.path.endsWith('current.jsonl') && this.#random.chance(0.08)) {
      this.#rotate(target.path)
      return
    }
    if (!this.#random.chance(this.#habits.editChance)) {
      this.#note('append', target.path)
      this.#append(target, this.#line())
      return
    }
    const [, name, run] = this.#weighted()
    this.#note(name, target.path)
    run(target)
  }

  /** Takes back what only passing states are: files that nobody may read, roots that are elsewhere. */
  rest(): void {
    for (const { inode } of this.#disk.walk(home)) inode.denied = false
    this.#bringBack(true)
  }

  #create(): void {
    const root = this.#random.pick(simulatedRoots)
    const path = this.#newPath(root)
    const bytes = root.format.name === 'file' ? this.#state() : Buffer.from(this.#line())
    this.#note('create', path)
    this.#disk.make(path, 'file', 0o644, this.#random.chance(0.1) ? Buffer.alloc(0) : bytes)
  }

  #append(at: Target, text: string): void {
    const state = this.#rootOf(at.path).format.name === 'file'
    this.#write(at, state ? this.#state() : Buffer.concat([at.inode.bytes, Buffer.from(text)]))
  }

  #write({ path, inode }: Target, bytes: Buffer): void {
    this.#disk.write(inode, bytes, path)
  }

  #regrow(at: Target): void {
    const cut = at.inode.bytes.subarray(0, this.#position(at))
    this.#write(at, cut)
    this.#write(at, Buffer.concat([cut, Buffer.from(this.#line() + this.#line())]))
  }

  #replace({ path, inode }: Target): void {
    const keep = inode.bytes.subarray(0, this.#random.chance(0.5) ? inode.bytes.length : 0)
    const temporary = `${path}.tmp`
    if (this.#disk.find(temporary)) this.#disk.remove(temporary)
    this.#disk.make(temporary, 'file', 0o644, Buffer.concat([keep, Buffer.from(this.#line())]))
    this.#disk.rename(temporary, path)
  }

  #edit(at: Target): void {
    if (at.inode.bytes.length === 0) return
    const bytes = Buffer.from(at.inode.bytes)
    const position = this.#position(at)
    bytes[position] = 0x41 + this.#random.int(26)
    this.#write(at, bytes)
  }

  #editAndAppend(at: Target): void {
    this.#edit(at)
    this.#append(at, this.#line())
  }

  #recreate({ path }: Target): void {
    this.#disk.remove(path)
    this.#disk.make(path, 'file', 0o644, Buffer.from(this.#line()))
  }

  #rotate(path: string): void {
    const archive = `${path.slice(0, path.lastIndexOf('/'))}/archive`
    this.#note('rotate', path)
    this.#disk.makeFolders(archive, 0o755)
    this.#names += 1
    this.#disk.rename(path, `${archive}/session_${this.#names}.jsonl`)
    if (this.#random.chance(0.7)) this.#disk.make(path, 'file', 0o644, Buffer.from(this.#line()))
  }

  #forbid(path: string, inode: Inode): void {
    inode.denied = !inode.denied
    this.#disk.onChange(path)
  }

  #takeAway({ base }: WatchedRoot): void {
    if (this.#disk.find(`${base}.away`)) return
    this.#disk.rename(base, `${base}.away`)
    if (this.#random.chance(0.3)) this.#disk.makeFolders(base, 0o755)
  }

  #bringBack(all = false): void {
    for (const { base } of simulatedRoots) {
      if (!this.#disk.find(`${base}.away`)) continue
      if (!all && !this.#random.chance(0.15)) continue
      this.#note('bring back', base)
      // What was begun meanwhile in the root's place is thrown away, or the old root is.
      const [gone, kept] = this.#random.chance(0.8) ? [base, `${base}.away`] : [`${base}.away`, base]
      if (this.#disk.find(gone)) this.#disk.remove(gone)
      if (kept !== base && this.#disk.find(kept)) this.#disk.rename(kept, base)
    }
  }

  #target(): Target | null {
    const root = this.#random.pick(simulatedRoots)
    // Agents know nothing of files that they did not make.
    const all = [...this.#disk.walk(root.base)].filter(({ path }) => !path.includes(ownPrefix))
    return all.length === 0 ? null : this.#random.pick(all)
  }

  #newPath(root: WatchedRoot): string {
    const number = (this.#names += 1)
    const folder = `${root.base}${this.#folder(root.format.name)}`
    this.#disk.makeFolders(folder, 0o755)
    if (root.format.name === 'messages' && !this.#disk.find(`${folder}/current.jsonl`)) {
      return `${folder}/current.jsonl`
    }
    if (root.format.name === 'file') return `${folder}/${number}.json`
    return `${folder}/${root.format.name === 'codex' ? 'rollout-' : 'session-'}${number}.jsonl`
  }

  #folder(format: string): string {
    if (format === 'claude')
      return this.#random.pick(['/-home-u-eon', '/-home-u-web', '/-home-u-web/s1/subagents'])
    return format === 'codex' ? this.#random.pick(['/2026/11/20', '/2026/11/21']) : ''
  }

  #rootOf(path: string): WatchedRoot {
    const found = simulatedRoots.find(({ base }) => path.startsWith(`${base}/`))
    if (!found) throw new RangeError(`${path} lies in no root`)
    return found
  }

  #position({ inode }: Target): number {
    return inode.bytes.length === 0 ? 0 : this.#random.int(inode.bytes.length)
  }

  /** A line like no other. */
  #line(): string {
    this.#lines += 1
    const big = this.#random.chance(this.#habits.bigLineChance)
    const size = big
      ? 300_000 + this.#random.int(400_000)
      : this.#random.int(this.#random.chance(0.2) ? 900 : 60)
    const cwd = this.#random.chance(0.1) ? { cwd: '/home/u/web' } : {}
    return `${JSON.stringify({ n: this.#lines, ...cwd, text: 'abcdefgh'.repeat(size / 8) })}\n`
  }

  #odd(): Buffer {
    const odd = [
      Buffer.alloc(40),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from('\0\n'),
      Buffer.from('not json\n'),
    ]
    return this.#random.pick(odd)
  }

  #state(): Buffer {
    this.#lines += 1
    return Buffer.from(JSON.stringify({ todo: this.#lines, status: this.#random.pick(['pending', 'done']) }))
  }

  #weighted(): Deed {
    const total = this.#deeds.reduce((sum, [weight]) => sum + weight, 0)
    let left = this.#random.int(total)
    for (const deed of this.#deeds) {
      left -= deed[0]
      if (left < 0) return deed
    }
    return this.#random.pick(this.#deeds)
  }

  #note(what: string, path: string): void {
    this.#trace.note(`agent: ${what} ${path}`)
  }
}
