import { cursorId } from '../../src/engine/core/cursor.js'
import type { LogId } from '../../src/engine/core/event.js'
import { eventKey, eventKeyLog, eventKeyOffset, tableRange, textKeyName } from '../../src/store/keys.js'
import { losePower } from './power-loss.js'
import { placeOf } from './roots.js'
import type { World } from './world.js'

/** What happens to a machine whose process is gone: power loss, a damaged or older store, another machine. */
export class Mishaps {
  readonly #world: World
  #backup: { readonly entries: [Buffer, Buffer][]; readonly counts: ReadonlyMap<LogId, number> } | null = null

  constructor(world: World) {
    this.#world = world
  }

  /**
   * Takes from the disk what nobody synced. Returns, by path, the acknowledged content of every file that a recovery
   * must bring back: those that only grew since they were recorded, whatever became of them now.
   */
  async losePower(): Promise<Map<string, Buffer>> {
    const { disk, device, faults, time, plan, identity, trace } = this.#world
    const before = new Map(
      [...disk.walk('/home')].map(({ path, inode }) => [path, { inode, bytes: inode.bytes }]),
    )
    // A file whose repair was under way is to become another than what is recorded of it now.
    const underRepair = new Set((await device.entries(tableRange('intent'))).map(([key]) => textKeyName(key)))
    const damages = losePower(disk, faults, time.nowMs, plan.blockBytes)
    for (const { path, what } of damages) trace.note(`power loss: ${what} ${path}`)
    this.#world.reviewEcho()
    const replayer = await this.#world.replayDevice()
    const expected = new Map<string, Buffer>()
    for (const [path, { inode, bytes }] of before) {
      const place = placeOf(path)
      const log = identity.witness?.log
      if (!place || log === undefined) continue
      if (underRepair.has(cursorId({ root: place.root.name, path: place.path }))) continue
      const acknowledged = replayer.content(log, place.root.name, place.path)
      if (!acknowledged || !bytes.subarray(0, acknowledged.length).equals(acknowledged)) continue
      const now = disk.find(path)
      if (now && (now !== inode || !isDamageOf(now.bytes, bytes))) continue
      // It may be back under the name that it had before a rename.
      if (!now && inode.links > 0) continue
      // A root that lost all of its files at once counts as unmounted: nothing of it is put back.
      if (!now && disk.walk(place.root.base).next().done) continue
      expected.set(path, acknowledged)
    }
    return expected
  }

  /** Keeps a copy of the store as it is now. */
  async backUp(): Promise<void> {
    const { device, trace } = this.#world
    const entries = await device.snapshot()
    const counts = new Map<LogId, number>()
    for (const [key] of entries) {
      if (key[0] !== eventTable) continue
      const log = eventKeyLog(key)
      counts.set(log, Math.max(counts.get(log) ?? 0, eventKeyOffset(key) + 1))
    }
    this.#backup = { entries, counts }
    trace.note(`backed up ${entries.length} rows`)
  }

  async whileStopped(): Promise<void> {
    const { faults, plan } = this.#world
    if (faults.chance(plan.corruptChance)) await this.#corrupt()
    if (faults.chance(plan.rollBackChance)) await this.#rollBack()
    if (faults.chance(plan.moveChance)) this.#move()
  }

  async #corrupt(): Promise<void> {
    const { device, faults, ledger, trace } = this.#world
    const keys = (await device.entries(tableRange('event'))).map(([key]) => key)
    // The first event of a log says what it continues; the last one decides whether it goes on: both have cases apart.
    const inner = keys.filter((key) => {
      const offset = eventKeyOffset(key)
      return offset > 0 && offset < ledger.count(eventKeyLog(key)) - 1
    })
    if (inner.length === 0) return
    const key = faults.pick(inner)
    const kind = faults.int(3)
    if (kind === 0) await device.flip(key)
    if (kind === 1) await device.lose(key)
    let lost = [key]
    if (kind === 2) {
      const losable = new Set(inner.map((each) => each.toString('hex')))
      const isEvent = (each: Buffer): boolean => each[0] === eventTable
      lost = await device.loseBatch(
        (all) => all.some(isEvent) && all.filter(isEvent).every((each) => losable.has(each.toString('hex'))),
      )
    }
    this.#world.lossUnknown = true
    // What is recorded anew because the store lost it is no echo.
    this.#world.echo.forget()
    for (const each of lost.filter((one) => one[0] === eventTable)) {
      ledger.excuse(eventKeyLog(each), eventKeyOffset(each))
      trace.note(`corrupt ${kind} ${eventKeyLog(each).slice(0, 8)}@${eventKeyOffset(each)}`)
    }
  }

  /** Puts the copy of the store back, as people do who restore a folder. The witness beside it stays as it is. */
  async #rollBack(): Promise<void> {
    const { device, identity, ledger, faults, trace } = this.#world
    if (!this.#backup) return
    const { entries, counts } = this.#backup
    const { witness } = identity
    const ahead = witness !== null && witness.events > (counts.get(witness.log) ?? 0)
    // A folder that is filled in place keeps its identity; only a witness that is ahead tells of it then.
    const inPlace = ahead && faults.chance(0.7)
    if (!inPlace) identity.folder = `${faults.hex(6)}:${faults.hex(6)}`
    await device.restore(entries)
    this.#world.echo.forget()
    const there = new Set(entries.map(([key]) => key.toString('hex')))
    for (const log of ledger.logs()) {
      for (let offset = 0; offset < ledger.count(log); offset += 1) {
        if (!there.has(eventKey(log, offset).toString('hex'))) ledger.excuse(log, offset)
      }
    }
    trace.note(`rolled back to ${entries.length} rows ${inPlace ? 'in place' : 'elsewhere'}`)
  }

  #move(): void {
    const { identity, faults, trace } = this.#world
    const what = faults.pick(['machine', 'folder', 'witness', 'key'])
    if (what === 'machine') identity.machine = `machine-${faults.hex(4)}`
    if (what === 'folder') identity.folder = `${faults.hex(6)}:${faults.hex(6)}`
    if (what === 'witness') identity.witness = null
    if (what === 'key') identity.publicKey = null
    trace.note(`moved: ${what}`)
  }
}

const eventTable = 0x65

/** Whether one content can have become the other by a cut and by bytes that turned to NULs. */
function isDamageOf(now: Buffer, before: Buffer): boolean {
  if (now.length > before.length) return false
  for (let at = 0; at < now.length; at += 1) if (now[at] !== 0 && now[at] !== before[at]) return false
  return true
}
