import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateCorpus } from '../fixtures-gen/corpus.js'
import { SeededRandom } from '../fixtures-gen/random.js'

/** A session file and what it held at some moments, one after the other. */
export interface Series {
  /** Relative to the user's home directory, with `/`. */
  readonly path: string
  readonly snapshots: readonly Buffer[]
}

/** Where real sessions lie where there are some: beside the project, never in it. */
const realFolder = fileURLToPath(new URL('../../../shared/realdata/', import.meta.url))

/** Generated sessions; some are rewritten from somewhere in their middle, small state files as a whole. */
export function generatedSeries(seed: number | string, bytes = 2_000_000): Series[] {
  const random = new SeededRandom(`series ${seed}`)
  return [...generateCorpus({ seed, bytes, files: 20 })].map(({ path, bytes: first }) => ({
    path,
    snapshots: snapshotsOf(path, first, random),
  }))
}

function snapshotsOf(path: string, first: Buffer, random: SeededRandom): Buffer[] {
  if (!path.endsWith('.jsonl'))
    return [first, Buffer.from(first.toString('utf8').replaceAll('pending', 'done'))]
  if (random.chance(0.6)) return [first]
  const from = first.lastIndexOf(0x0a, Math.floor(first.length * random.float())) + 1
  const changed = Buffer.from(first.subarray(from).toString('latin1').replaceAll('a', 'e'), 'latin1')
  return [first, Buffer.concat([first.subarray(0, from), changed])]
}

/** Real growth series as Claude Code sessions, or null where none are beside the project. */
export function realSeries(): Series[] | null {
  if (!existsSync(realFolder)) return null
  const found: Series[] = []
  for (const project of readdirSync(realFolder).toSorted()) {
    const growth = join(realFolder, project, 'growth')
    if (!existsSync(growth)) continue
    for (const session of readdirSync(growth).toSorted()) {
      const names = readdirSync(join(growth, session)).toSorted()
      const snapshots = names.map((name) => readFileSync(join(growth, session, name)))
      found.push({ path: `.claude/projects/-home-ada-code-${found.length}/${session}.jsonl`, snapshots })
    }
  }
  return found.length > 0 ? found : null
}
