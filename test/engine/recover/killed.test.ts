import { readdirSync, rmSync, truncateSync, utimesSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { WritableFiles } from '../../../src/engine/ports/files.js'
import type { LogWriter } from '../../../src/engine/ports/log.js'
import { repairFiles } from '../../../src/engine/recover/recover.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import { Workbench } from '../record/workbench.js'

/** Ends a process before or after its `at`-th step; a dead process does nothing more. */
class Killer {
  steps = 0
  readonly #at: number
  readonly #after: boolean
  #dead = false

  constructor(at: number, after: boolean) {
    this.#at = at
    this.#after = after
  }

  get killed(): boolean {
    return this.#dead
  }

  step<T>(act: () => T): T {
    this.steps += 1
    if (this.#dead) throw new Error('killed')
    if (this.steps !== this.#at) return act()
    this.#dead = true
    if (this.#after) act()
    throw new Error('killed')
  }

  files(real: WritableFiles): WritableFiles {
    return {
      ...real,
      makeDirectory: (path) => this.step(() => real.makeDirectory(path)),
      create: (path, mode) => {
        const file = this.step(() => real.create(path, mode))
        return {
          write: (bytes) => this.step(() => file.write(bytes)),
          finish: () => this.step(() => file.finish()),
          abandon: () => this.step(() => file.abandon()),
        }
      },
      rename: (from, to) => this.step(() => real.rename(from, to)),
      remove: (path) => this.step(() => real.remove(path)),
    }
  }

  writer(real: LogWriter): LogWriter {
    return {
      log: real.log,
      get pendingBytes() {
        return real.pendingBytes
      },
      append: async (commit) => {
        let done: Promise<number> | undefined
        try {
          return await this.step(() => (done = real.append(commit)))
        } finally {
          // What the system has been given is done, whoever waits for it.
          await done
        }
      },
      flush: () => (this.#dead ? Promise.reject(new Error('killed')) : real.flush()),
    }
  }
}

const text = `one\ntwo and ${'more '.repeat(12)}\nthree\n`
const nul = (count: number): string => '\0'.repeat(count)

interface Case {
  readonly name: string
  readonly damage: (bench: Workbench) => void
  readonly expected: string
}

const rewritten = (content: string) => (bench: Workbench) => {
  const path = bench.write('p/a.jsonl', content)
  utimesSync(path, 1000, 1000)
}

const cases: Case[] = [
  { name: 'missing', damage: (bench) => rmSync(bench.path('p'), { recursive: true }), expected: text },
  { name: 'shortened', damage: (bench) => truncateSync(bench.path('p/a.jsonl'), 5), expected: text },
  { name: 'NULs', damage: rewritten(`one\n${nul(10)}`), expected: text },
  { name: 'NULs and more', damage: rewritten(`one\n${nul(20)}four\n`), expected: `${text}four\n` },
  { name: 'many NULs and more', damage: rewritten(`one\n${nul(90)}four\n`), expected: `${text}four\n` },
]

async function damaged({ damage }: Case): Promise<Workbench> {
  const bench = await Workbench.make()
  bench.write('p/a.jsonl', text)
  bench.write('b.jsonl', 'another\n')
  await bench.sweep()
  damage(bench)
  return bench
}

/** One recovery that is killed; true where it was over before. */
async function recoverKilled(bench: Workbench, at: number, after: boolean): Promise<boolean> {
  const killer = new Killer(at, after)
  await bench.start({
    unclean: true,
    files: killer.files(createNodeFiles()),
    writer: (writer) => killer.writer(writer),
  })
  try {
    await bench.sweep()
    await repairFiles(bench.run.tools, bench.run.recorder)
  } catch (error) {
    if (!killer.killed) throw error
  }
  return !killer.killed
}

async function recoverWhole(bench: Workbench, expected: string, what: string): Promise<void> {
  await bench.start({ unclean: true })
  await bench.sweep()
  const report = await repairFiles(bench.run.tools, bench.run.recorder)
  expect(report.unmended, what).toEqual([])
  expect(report.held, what).toEqual([])
  expect(bench.read('p/a.jsonl').toString('latin1'), what).toBe(expected)
  expect((await bench.replay('p/a.jsonl')).toString('latin1'), what).toBe(expected)
  expect((await bench.replay('p/a.jsonl', {}, 0)).toString('latin1'), what).toBe(text)
  expect(readdirSync(bench.path('p')), what).toEqual(['a.jsonl'])
  const { events } = bench
  await bench.start({ unclean: true })
  expect(await bench.sweep(), what).toMatchObject({ recorded: 0, suspect: 0 })
  expect(await repairFiles(bench.run.tools, bench.run.recorder), what).toEqual({
    restored: [],
    unmended: [],
    held: [],
  })
  expect(bench.events, what).toBe(events)
}

describe('a recovery that is killed', () => {
  for (const each of cases) {
    for (const after of [false, true]) {
      it(`${after ? 'after' : 'before'} any step is done by the next one: ${each.name}`, async () => {
        let over = false
        let at = 1
        for (; !over; at += 1) {
          const bench = await damaged(each)
          try {
            over = await recoverKilled(bench, at, after)
            await recoverWhole(bench, each.expected, `step ${at}`)
          } finally {
            await bench.dispose()
          }
        }
        // Where nothing was killed the loop would prove nothing.
        expect(at).toBeGreaterThan(6)
      })
    }
  }

  it('twice, at different steps', async () => {
    const [, , , each] = cases as [Case, Case, Case, Case]
    for (let first = 1; first < 12; first += 1) {
      const bench = await damaged(each)
      try {
        await recoverKilled(bench, first, true)
        await recoverKilled(bench, 13 - first, false)
        await recoverWhole(bench, each.expected, `steps ${first} and ${13 - first}`)
      } finally {
        await bench.dispose()
      }
    }
  })

  it('after the file was put back, and which somebody goes on in: nothing is lost', async () => {
    const [, , , each] = cases as [Case, Case, Case, Case]
    for (let at = 1; at < 14; at += 1) {
      const bench = await damaged(each)
      try {
        await recoverKilled(bench, at, true)
        bench.append('p/a.jsonl', 'five\n')
        await bench.start({ unclean: true })
        await bench.sweep()
        const report = await repairFiles(bench.run.tools, bench.run.recorder)
        expect(report.unmended, `step ${at}`).toEqual([])
        const now = bench.read('p/a.jsonl').toString('latin1')
        // Restored with the new record behind, or, where the damage was changed before anyone had recorded it, as it is.
        const asItWas = `one\n${nul(20)}four\nfive\n`
        expect([`${each.expected}five\n`, asItWas], `step ${at}`).toContain(now)
        expect((await bench.replay('p/a.jsonl')).toString('latin1'), `step ${at}`).toBe(now)
        expect((await bench.replay('p/a.jsonl', {}, 0)).toString('latin1'), `step ${at}`).toBe(text)
      } finally {
        await bench.dispose()
      }
    }
  })
})
