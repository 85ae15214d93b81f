import { readdirSync, rmSync, truncateSync, utimesSync } from 'node:fs'
import { expect } from 'vitest'
import { repairFiles, type RepairReport } from '../../../src/engine/recover/recover.js'
import { Workbench, type RunOptions } from '../record/workbench.js'

/** What p/a.jsonl held before anything happened to it. */
export const text = 'one\ntwo\nthree\n'

/** A workbench with two recorded files, of which p/a.jsonl is damaged and repaired. */
export class DamagedBench {
  bench: Workbench

  private constructor(bench: Workbench) {
    this.bench = bench
  }

  static async make(...formats: readonly string[]): Promise<DamagedBench> {
    const bench = await Workbench.make(...formats)
    bench.write('p/a.jsonl', text)
    bench.write('b.jsonl', 'another\n')
    await bench.sweep()
    return new DamagedBench(bench)
  }

  rewrite(content: string): void {
    const path = this.bench.write('p/a.jsonl', content)
    utimesSync(path, 1000, 1000)
  }

  /** To `one\ntw`. */
  shorten(): void {
    truncateSync(this.bench.path('p/a.jsonl'), 6)
  }

  lose(): void {
    rmSync(this.bench.path('p/a.jsonl'))
  }

  /** A start after a crash, and its first look at everything. */
  async crash(options: RunOptions = {}): Promise<void> {
    await this.bench.start({ unclean: true, ...options })
    await this.bench.sweep()
  }

  repair(): Promise<RepairReport> {
    return repairFiles(this.bench.run.tools, this.bench.run.recorder)
  }

  onDisk(): string {
    return this.bench.read('p/a.jsonl').toString('latin1')
  }

  leftovers(): string[] {
    return readdirSync(this.bench.path('p')).filter((name) => name !== 'a.jsonl')
  }

  /** Nothing is left to do, and log and disk agree. */
  async allIsWell(): Promise<void> {
    const { bench } = this
    expect(this.leftovers()).toEqual([])
    expect(await this.repair()).toEqual({ restored: [], unmended: [], held: [] })
    expect(await bench.run.store.loadIntents()).toEqual([])
    const { events } = bench
    for (const unclean of [false, true]) {
      await bench.restart({ unclean })
      expect(await bench.sweep()).toMatchObject({ recorded: 0, suspect: 0 })
    }
    expect(bench.events).toBe(events)
    expect((await bench.replay('p/a.jsonl')).toString('latin1')).toBe(this.onDisk())
    const damage: string[] = []
    for await (const { what } of bench.run.store.check(bench.run.writer.log, 0, true)) damage.push(what)
    expect(damage).toEqual([])
  }
}
