import { join } from 'node:path'
import { corpusSizes, type CorpusSize } from '../test/fixtures-gen/corpus.js'
import { writeCorpus } from '../test/fixtures-gen/corpus-write.js'
import { withScratch } from './scratch.js'
import { startBenchSshd, type BenchSshd } from './sshd.js'
import { syncProgram } from './sync-program.js'
import { endLines } from './sync-trees.js'
import { startWireCount, type WireCount } from './wire-count.js'

/** What a benchmark of sync needs: one sshd that every contender goes through. */
export interface SyncWorld {
  /** For whatever the benchmark keeps; removed at the end. */
  readonly folder: string
  readonly program: string
  readonly sshd: BenchSshd
  /** What went over connections to `countedAlias`. */
  readonly wire: WireCount
}

/** The server, by its own port. */
export const directAlias = 'bench-far'
/** The server, by a port that counts bytes. */
export const countedAlias = 'bench-far-counted'

/** Runs `use` with a world of its own, all of which is gone afterwards. */
export async function withSyncWorld<T>(use: (world: SyncWorld) => Promise<T>): Promise<T> {
  return withScratch(async (folder) => {
    const program = await syncProgram(join(folder, 'program'))
    const sshd = await startBenchSshd(join(folder, 'ssh'))
    try {
      const wire = await startWireCount(sshd.port)
      try {
        sshd.addHost(directAlias, sshd.port)
        sshd.addHost(countedAlias, wire.port)
        return await use({ folder, program, sshd, wire })
      } finally {
        await wire.close()
      }
    } finally {
      await sshd.stop()
    }
  })
}

/** Writes the generated sessions of that size into a folder, every line of them whole. */
export function writeSessions(
  folder: string,
  size: CorpusSize,
): { readonly files: number; readonly bytes: number } {
  const { files, bytes } = writeCorpus(folder, { seed: 1, ...corpusSizes[size] })
  endLines(folder)
  return { files, bytes }
}

/** The sizes that a benchmark runs at: one that was asked for, else its own choice. */
export function sizesOf({
  tiny,
  size,
}: {
  readonly tiny: boolean
  readonly size?: CorpusSize
}): readonly CorpusSize[] {
  if (size !== undefined) return [size]
  return tiny ? ['tiny'] : ['S', 'M']
}
