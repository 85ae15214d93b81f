import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BenchStore } from './bench-store.js'
import { compare, type BenchOptions, type BenchResult, type Contender } from './harness.js'
import { PlainAppend } from './plain-append.js'
import { benchHome, startLiveRecording, type LiveRecording } from './recording-home.js'
import { withScratch } from './scratch.js'
import { sessionBytes } from './session-bytes.js'

const lineBytes = 1024
/** Sessions that the waiting appends of a burst belong to, in turn. */
const sessions = 50

/**
 * From an append to its being durable: in the log alone, where 1 to 1,000 commits are handed over in one turn, and
 * from the session file through watcher and recorder. The least possible stands beside it: write and fdatasync.
 */
export async function run({ tiny }: BenchOptions): Promise<readonly BenchResult[]> {
  const results = await withScratch((folder) => inTheLog(folder, tiny))
  return [...results, ...(await withScratch((folder) => fromTheFile(folder, tiny)))]
}

async function inTheLog(folder: string, tiny: boolean): Promise<BenchResult[]> {
  const plain = new PlainAppend(join(folder, 'plain'))
  const bench = await BenchStore.open(join(folder, 'store'))
  const inPlain = (count: number): Contender<number> => ({
    name: `${count} × write, one fdatasync`,
    run: () => {
      plain.append(linesOf(count))
      return count
    },
    digest: payloadDigest,
  })
  const inLog = (count: number): Contender<number> => ({
    name: `${count} waiting in the log`,
    run: async () => {
      const commits = linesOf(count).map((each, index) => bench.commit(index % sessions, each))
      await Promise.all(commits.map((commit) => bench.writer.append(commit)))
      return count
    },
    digest: (each) => bench.lastPayloads(each),
  })
  try {
    const results: BenchResult[] = []
    for (const count of tiny ? [1, 10] : [1, 10, 100, 1000]) {
      const rounds = tiny ? 3 : count === 1000 ? 100 : 300
      const bytes = count * lineBytes
      const name = `${count} × 1 KiB durable`
      results.push(await compare({ name, a: inPlain(count), b: inLog(count), rounds, bytes }))
    }
    for (const count of tiny ? [10] : [10, 100, 1000]) {
      const name = `${count} against one`
      const rounds = tiny ? 3 : 100
      results.push(await compare({ name, a: inLog(1), b: inLog(count), rounds, sameResult: false }))
    }
    return results
  } finally {
    await bench.store.close()
    plain.close()
  }
}

async function fromTheFile(folder: string, tiny: boolean): Promise<BenchResult[]> {
  const userHome = join(folder, 'user')
  const project = join(userHome, '.claude', 'projects', '-home-ada-code-bench')
  mkdirSync(project, { recursive: true })
  const paths = Array.from({ length: 100 }, (_, index) => join(project, `session-${index}.jsonl`))
  for (const path of paths) appendFileSync(path, text.subarray(0, lineBytes))
  const recording = await startLiveRecording(benchHome(folder, userHome))
  const plain = new PlainAppend(join(folder, 'plain'))
  const inPlain = (count: number): Contender<number> => ({
    name: `${count} × write, one fdatasync`,
    run: () => {
      plain.append(linesOf(count))
      return count * lineBytes
    },
    digest: String,
  })
  const inFiles = (count: number, files: number): Contender<number> => {
    const shareBytes = (count / files) * lineBytes
    const share = (index: number): Uint8Array => text.subarray(index * shareBytes, (index + 1) * shareBytes)
    return {
      name: `${count} lines in ${files} files, until in the log`,
      run: () =>
        recorded(recording, count * lineBytes, () => {
          for (const [index, path] of paths.slice(0, files).entries()) appendFileSync(path, share(index))
        }),
      digest: String,
    }
  }
  try {
    const rounds = tiny ? 3 : 300
    const results = [
      await compare({ name: 'file → log, 1 × 1 KiB', a: inPlain(1), b: inFiles(1, 1), rounds }),
    ]
    for (const files of tiny ? [2] : [1, 100]) {
      const count = tiny ? 10 : 1000
      const name = `file → log, ${count} lines against one`
      const contenders = { a: inFiles(1, 1), b: inFiles(count, files) }
      results.push(await compare({ name, ...contenders, rounds: tiny ? 2 : 100, sameResult: false }))
    }
    return results
  } finally {
    plain.close()
    await recording.close()
  }
}

/** Resolves with the bytes that became durable, once they are as many as `change` appends to files. */
function recorded({ session }: LiveRecording, bytes: number, change: () => void): Promise<number> {
  return new Promise((resolve) => {
    let seen = 0
    const end = session.subscribe((durable) => {
      for (const each of durable) seen += each.bytes
      if (seen < bytes) return
      end()
      resolve(seen)
    })
    change()
  })
}

const text = sessionBytes(lineBytes * 1000)

function linesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) =>
    text.subarray(index * lineBytes, (index + 1) * lineBytes),
  )
}

function payloadDigest(count: number): string {
  return createHash('sha256')
    .update(text.subarray(0, count * lineBytes))
    .digest('hex')
}
