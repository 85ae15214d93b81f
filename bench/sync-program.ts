import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildProgram } from './built.js'

const root = dirname(import.meta.dirname)

/**
 * The program under test: the one that HOLDFAST_BENCH_PROGRAM names (a `bin/run.js` whose `dist` is there); else this
 * checkout's own where its `dist` was built from `src` as it is now; else one that is built into this new folder.
 */
export async function syncProgram(folder: string): Promise<string> {
  const given = process.env['HOLDFAST_BENCH_PROGRAM']
  if (given !== undefined && given !== '') return given
  return isBuilt(root) ? join(root, 'bin', 'run.js') : buildProgram(folder)
}

/** Whether every source file of a checkout has a compiled one that is younger. */
export function isBuilt(checkout: string): boolean {
  const source = join(checkout, 'src')
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .every((entry) => {
      const path = join(entry.parentPath, entry.name)
      const compiled = join(checkout, 'dist', path.slice(source.length).replace(/\.ts$/, '.js'))
      return changedMs(compiled) > changedMs(path)
    })
}

function changedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
