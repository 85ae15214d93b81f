import { createHash } from 'node:crypto'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generateCorpus } from './corpus.js'
import type { CorpusOptions } from './corpus.js'

export interface CorpusSummary {
  readonly files: number
  readonly bytes: number
  /** SHA-256 over the paths and contents, in order: hex digits. */
  readonly digest: string
}

/** Writes a corpus below `directory`, which stands for the home directory. Files are private and keep their times. */
export function writeCorpus(directory: string, options: CorpusOptions): CorpusSummary {
  const made = new Set<string>()
  return digestCorpus(options, (path, bytes, modifiedMs) => {
    const target = join(directory, path)
    const folder = dirname(target)
    if (!made.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 })
    made.add(folder)
    writeFileSync(target, bytes, { mode: 0o600 })
    utimesSync(target, modifiedMs / 1000, modifiedMs / 1000)
  })
}

/** Generates a corpus, passes on each file and sums up. */
export function digestCorpus(
  options: CorpusOptions,
  each?: (path: string, bytes: Buffer, modifiedMs: number) => void,
): CorpusSummary {
  const hash = createHash('sha256')
  let files = 0
  let total = 0
  for (const { path, bytes, modifiedMs } of generateCorpus(options)) {
    hash.update(`${path}\0${bytes.length}\0`).update(bytes)
    files++
    total += bytes.length
    each?.(path, bytes, modifiedMs)
  }
  return { files, bytes: total, digest: hash.digest('hex') }
}
