import type { AgentProcess } from '../../../src/engine/ports/processes.js'
import type { SeededRandom } from '../../fixtures-gen/random.js'
import type { LiveAgent } from '../checkers/untouched.js'
import type { Inode } from '../inode.js'
import type { FleetPlan } from './fleet-plan.js'
import { LiveAgents } from './live-agents.js'
import type { Actors } from '../world.js'
import type { Machine } from './machine.js'
import { recordOf, type FleetSession, type SessionBook } from './session-book.js'

interface Target {
  readonly session: FleetSession
  readonly path: string
}

/** The agents, and the people, of one machine: they begin sessions, go on with those of other machines, and do harm. */
export class Writers implements Actors {
  readonly #machine: Machine
  readonly #book: SessionBook
  readonly #random: SeededRandom
  readonly #plan: Pick<FleetPlan, 'harmChance' | 'stayChance'>
  readonly #live: LiveAgents
  /** The rest of a record of which the beginning is written. */
  readonly #pending = new Map<string, Buffer>()

  constructor(
    machine: Machine,
    book: SessionBook,
    random: SeededRandom,
    plan: Pick<FleetPlan, 'harmChance' | 'stayChance'>,
  ) {
    this.#machine = machine
    this.#book = book
    this.#random = random
    this.#plan = plan
    this.#live = new LiveAgents(machine, random)
  }

  act(): void {
    const random = this.#random
    if (this.#book.sessions.length < 2 || random.chance(0.06)) this.#book.begin()
    const session = random.pick(this.#book.sessions)
    const target = { session, path: session.pathBelow(this.#machine.world.home) }
    const inode = this.#disk.find(target.path)
    if (!inode) {
      // Somebody copies it from where it is, to go on here; or it is begun here as well.
      if (this.#carry(target)) return
      // One name for two sessions that nobody copied is rare, but for those that every machine has of its own.
      if (session.shared || this.#isNew(session) || random.chance(0.1)) this.#begin(target)
      return
    }
    const agent = this.#live.on(target.path)
    if (agent) {
      if (random.chance(0.2)) this.#live.end(agent)
      else this.#authored(this.#live.write(agent))
      return
    }
    if (session.format !== 'file' && random.chance(this.#plan.stayChance)) {
      this.#live.start(session, target.path, inode)
      return
    }
    if (random.chance(this.#plan.harmChance)) this.#harm(target, inode)
    else if (random.chance(0.08)) this.#carry(target)
    else this.#append(target, inode)
  }

  /** Ends the records of which only the beginning is written. */
  rest(): void {
    this.#machine.world.byOthers(() => {
      this.#live.endAll()
      for (const [path, rest] of this.#pending) {
        const inode = this.#disk.find(path)
        if (inode) this.#write(path, inode, Buffer.concat([inode.bytes, rest]))
      }
      this.#pending.clear()
    })
  }

  running(): readonly AgentProcess[] {
    return this.#live.processes()
  }

  holding(path: string): readonly number[] {
    return this.#live.holding(path)
  }

  writing(path: string): readonly LiveAgent[] {
    return this.#live.all(path)
  }

  powerLost(): void {
    this.#live.endAll()
  }

  get #disk(): Machine['world']['disk'] {
    return this.#machine.world.disk
  }

  /** Where the record before it is cut short, it is glued to what is left of that. */
  #authored(record: Buffer | null): void {
    if (record)
      this.#book.authored.push({
        machine: this.#machine.name,
        line: record.toString('latin1', 0, record.length - 1),
      })
  }

  #isNew(session: FleetSession): boolean {
    return this.#book.machines.every(({ world }) => !world.disk.find(session.pathBelow(world.home)))
  }

  #begin({ session, path }: Target): void {
    this.#note('begin', path)
    this.#folderOf(path)
    const record = recordOf(session, Buffer.alloc(0), this.#machine, this.#random)
    this.#disk.make(path, 'file', 0o644, record)
    if (session.format !== 'file') this.#authored(record)
  }

  #append({ session, path }: Target, inode: Inode): void {
    const { bytes } = inode
    if (session.format === 'file') {
      this.#note('state', path)
      this.#write(path, inode, recordOf(session, bytes, this.#machine, this.#random))
      return
    }
    const rest = this.#pending.get(path)
    const record = rest ?? recordOf(session, bytes, this.#machine, this.#random)
    this.#pending.delete(path)
    const cut = rest || !this.#random.chance(0.15) ? record.length : 1 + this.#random.int(record.length - 1)
    if (cut < record.length) this.#pending.set(path, record.subarray(cut))
    this.#note(cut < record.length ? 'half a record' : 'record', path)
    this.#write(path, inode, Buffer.concat([bytes, record.subarray(0, cut)]))
    const whole = !rest && cut === record.length && (bytes.length === 0 || bytes.at(-1) === 0x0a)
    if (whole) this.#authored(record)
  }

  /** Copies the session's file from another machine that has one, over nothing or over an older copy. */
  #carry({ session, path }: Target): boolean {
    const from = this.#book.machines.filter((each) => each !== this.#machine)
    if (from.length === 0) return false
    const other = this.#random.pick(from)
    const there = other.world.disk.find(session.pathBelow(other.world.home))
    if (!there || there.bytes.length === 0) return false
    const here = this.#disk.find(path)
    const older = !here || there.bytes.subarray(0, here.bytes.length).equals(here.bytes)
    if (!older) return false
    this.#note(`carry from ${other.name}`, path)
    this.#pending.delete(path)
    this.#folderOf(path)
    if (!here) this.#disk.make(path, 'file', 0o644, there.bytes)
    else if (this.#random.chance(0.5)) this.#write(path, here, there.bytes)
    else this.#replace(path, there.bytes)
    return true
  }

  #harm({ session, path }: Target, inode: Inode): void {
    const { bytes } = inode
    this.#pending.delete(path)
    const at = bytes.length === 0 ? 0 : this.#random.int(bytes.length)
    const deeds: readonly [string, () => void][] = [
      ['delete', () => this.#disk.remove(path)],
      ['cut', () => this.#write(path, inode, bytes.subarray(0, at))],
      ['empty', () => this.#write(path, inode, Buffer.alloc(0))],
      ['rewrite', () => this.#replace(path, recordOf(session, Buffer.alloc(0), this.#machine, this.#random))],
      ['odd bytes', () => this.#write(path, inode, Buffer.concat([bytes, Buffer.from('no record\n\0\0\n')]))],
      ['edit', () => this.#write(path, inode, edited(bytes, at))],
      ['rename', () => this.#rename(path)],
    ]
    const [what, run] = this.#random.pick(deeds)
    this.#note(what, path)
    run()
  }

  #rename(path: string): void {
    const archive = `${path.slice(0, path.lastIndexOf('/'))}/archive`
    this.#disk.makeFolders(archive, 0o755)
    this.#disk.rename(path, `${archive}/${this.#random.uuid()}.jsonl`)
  }

  #replace(path: string, bytes: Buffer): void {
    // A power loss may have left one.
    if (this.#disk.find(`${path}.tmp`)) this.#disk.remove(`${path}.tmp`)
    this.#disk.make(`${path}.tmp`, 'file', 0o644, bytes)
    this.#disk.rename(`${path}.tmp`, path)
  }

  #write(path: string, inode: Inode, bytes: Buffer): void {
    this.#disk.write(inode, bytes, path)
  }

  #folderOf(path: string): void {
    this.#disk.makeFolders(path.slice(0, path.lastIndexOf('/')), 0o755)
  }

  #note(what: string, path: string): void {
    this.#machine.world.trace.note(`agent: ${what} ${path}`)
  }
}

function edited(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  if (copy.length > 0) copy[at] = 0x7e
  return copy
}
