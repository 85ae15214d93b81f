import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Workbench } from './workbench.js'

/** What can happen to the files of a folder. */
type Step =
  | { readonly kind: 'append' | 'write' | 'replace'; readonly file: number; readonly text: string }
  | { readonly kind: 'truncate'; readonly file: number; readonly to: number }
  | { readonly kind: 'delete'; readonly file: number }
  | { readonly kind: 'rename'; readonly file: number; readonly other: number }
  | { readonly kind: 'restart' }

const names = ['a.jsonl', 'm/b.jsonl', 'z.jsonl'] as const
const file = fc.nat({ max: names.length - 1 })
// A small alphabet: common prefixes, equal contents and NUL runs come up often.
const text = fc.string({ unit: fc.constantFrom('x', 'y', '\n', '\0'), maxLength: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), file, text }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('write' as const, 'replace' as const), file, text }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('truncate' as const), file, to: fc.nat({ max: 10 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), file }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rename' as const), file, other: file }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
)

function happen(bench: Workbench, change: Exclude<Step, { kind: 'restart' }>, at: number): void {
  const path = bench.path(names[change.file]!)
  switch (change.kind) {
    case 'append':
      appendFileSync(path, change.text)
      break
    case 'write':
      writeFileSync(path, change.text)
      break
    case 'replace':
      writeFileSync(`${path}.tmp`, change.text)
      renameSync(`${path}.tmp`, path)
      break
    case 'truncate':
      if (existsSync(path)) truncateSync(path, Math.min(change.to, readFileSync(path).length))
      break
    case 'delete':
      rmSync(path, { force: true })
      break
    case 'rename':
      if (existsSync(path)) renameSync(path, bench.path(names[change.other]!))
      break
  }
  // Changes within one tick of the file system's clock are another test's business.
  for (const name of names) {
    const touched = bench.path(name)
    if (existsSync(touched) && change.kind !== 'append') utimesSync(touched, at, at)
  }
}

/** One observation: how many events the log had then, and what stood in each file (null: not there). */
interface Observed {
  readonly events: number
  readonly atMs: number
  readonly contents: readonly (string | null)[]
}

async function observe(bench: Workbench): Promise<Observed> {
  await bench.sweep()
  const contents = names.map((name) => {
    const path = bench.path(name)
    return existsSync(path) ? readFileSync(path, 'latin1') : null
  })
  return { events: bench.events, atMs: bench.clock.nowMs, contents }
}

async function matches(bench: Workbench, { events, atMs, contents }: Observed): Promise<void> {
  const { reader, writer } = bench.run
  for (const [i, name] of names.entries()) {
    if (!reader.file(writer.log, { root: 'logs', path: name })) {
      expect(contents[i]).toBeNull()
      continue
    }
    for (const until of [{ events }, { time: { ms: atMs, counter: Number.MAX_SAFE_INTEGER } }]) {
      const state = await bench.state(name, until)
      expect(state.complete).toBe(true)
      expect(state.present).toBe(contents[i] !== null)
      if (contents[i] !== null) expect((await bench.bytesOf(state)).toString('latin1')).toBe(contents[i])
    }
  }
}

describe('whatever happens to files', () => {
  it('each observation can be replayed at its event, and at its time, for ever', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        const bench = await Workbench.make()
        try {
          mkdirSync(bench.path('m'))
          // Keeps the root from being empty, which would be an unmounted share.
          bench.write('keep.jsonl', 'keep\n')
          const seen: Observed[] = [await observe(bench)]
          for (const [i, change] of steps.entries()) {
            bench.clock.nowMs += 1000
            if (change.kind === 'restart') {
              await bench.restart()
              // A clean stop and start assess nothing here: no change came between.
              await bench.sweep()
              continue
            }
            happen(bench, change, 2000 + i)
            seen.push(await observe(bench))
          }
          for (const observed of seen) await matches(bench, observed)
          const sound: string[] = []
          for await (const { what } of bench.run.store.check(bench.run.writer.log, 0, true)) sound.push(what)
          expect(sound).toEqual([])
        } finally {
          await bench.dispose()
        }
      }),
      { numRuns: 60 },
    )
  })
})
