import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import type { Home } from '../src/daemon/home.js'
import { openRuntime } from '../src/daemon/runtime.js'
import { watchedRoots } from '../src/daemon/watched-roots.js'
import { contentBytes, fileState } from '../src/engine/replay/content.js'
import type { Contender } from './harness.js'

const runProgram = promisify(execFile)

/** What people do instead: `cp -r`, then wait until the disk has it. `to` is replaced. */
export function durableCopy(from: string, to: string): Contender<string> {
  return {
    name: 'cp -r, sync',
    prepare: () => rm(to, { recursive: true, force: true }),
    run: async () => {
      await runProgram('cp', ['-r', from, to])
      await runProgram('sync', process.platform === 'linux' ? ['-f', to] : [])
      return to
    },
    digest: treeDigest,
  }
}

/** One digest over the paths below a folder and their bytes. */
export async function treeDigest(folder: string): Promise<string> {
  const digests = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    digests.set(relative(folder, path), await sha256(createReadStream(path)))
  }
  return digestOf(digests)
}

export interface LogSum {
  readonly digest: string
  readonly events: number
}

/** The same digest over what the log holds of these files, and how many events hold it. */
export async function logSum(home: Home): Promise<LogSum> {
  const runtime = await openRuntime({ home, mode: 'read' })
  try {
    const bases = new Map(watchedRoots(home, runtime.config()).map(({ name, base }) => [name, base]))
    const { reader } = runtime.store
    const digests = new Map<string, string>()
    for (const file of reader.files()) {
      const path = join(bases.get(file.facts.root) ?? '', ...file.facts.path.split('/'))
      const { content } = await fileState(reader, file)
      digests.set(relative(home.agents.home, path), await sha256(contentBytes(reader, content)))
    }
    const events = reader.logs().reduce((sum, log) => sum + log.events, 0)
    return { digest: digestOf(digests), events }
  } finally {
    await runtime.close()
  }
}

async function sha256(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

function digestOf(files: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256')
  for (const path of [...files.keys()].sort()) {
    hash.update(`${path.split(sep).join('/')}\0${files.get(path)}\0`)
  }
  return hash.digest('hex')
}
