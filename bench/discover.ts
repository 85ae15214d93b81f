import { readdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import type { RunBench } from './harness.js'

const suffix = '.bench.ts'

/** Names of the benchmarks in this folder: `hashing` for `hashing.bench.ts`. Sorted. */
export function benchNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(suffix))
    .map((file) => file.slice(0, -suffix.length))
    .sort()
}

/** Loads one benchmark by its name. */
export async function loadBench(name: string): Promise<RunBench> {
  const url = pathToFileURL(join(import.meta.dirname, `${name}${suffix}`)).href
  const { run } = (await import(url)) as { run?: RunBench }
  if (typeof run !== 'function') throw new TypeError(`${name}${suffix} exports no function \`run\``)
  return run
}
