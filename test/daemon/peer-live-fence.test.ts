import { describe, expect, it } from 'vitest'
import { record } from '../../src/daemon/operations/record.js'
import { SyncHost } from '../../src/daemon/sync-host.js'
import { readWitness } from '../../src/daemon/witness-file.js'
import type { Runtime } from '../../src/daemon/runtime.js'
import { keptIo } from './recorded-home.js'
import { logsAt, meet, meetIn, namedHome, snapshot } from './peer-world.js'

/** A recording whose restart is counted, and opens the log once more, as the daemon's does. */
function recorderOf(runtime: Runtime): { restarts: number } {
  const count = { restarts: 0 }
  let last: Promise<unknown> = Promise.resolve()
  runtime.recorder = {
    settled: async () => void (await last.catch(() => undefined)),
    restart: async () => {
      count.restarts += 1
      last = (async () => {
        await runtime.session?.stop()
        await record(runtime, {}, keptIo())
      })()
      await last
    },
  }
  return count
}

describe('several sessions at once that find out the same of this host’s log', () => {
  it('open one new log between them, and the witness is of that one', async () => {
    const [a, b, c] = [namedHome('alder'), namedHome('birch'), namedHome('cedar')]
    a.write('p/a.jsonl', 'one\n')
    await Promise.all([a, b, c].map((home) => home.record()))
    const rollBack = snapshot(a)
    a.append('p/a.jsonl', 'seen by the peers\n')
    await a.record()
    await meet(a, b)
    await meet(a, c)
    const { own } = await logsAt(a)
    rollBack()
    await a.with(async (runtime) => {
      const count = recorderOf(runtime)
      await record(runtime, {}, keptIo())
      await b.with((birch) =>
        c.with((cedar) => Promise.all([meetIn(runtime, birch), meetIn(runtime, cedar)])),
      )
      expect(count.restarts).toBe(1)
      const now = runtime.session!.own.writer.log
      expect(now).not.toBe(own)
      expect(readWitness(a.home.identityFolder)).toMatchObject({ log: now })
      const host = await SyncHost.open(runtime)
      const fork = { log: own, offset: 2, peer: 'birch', explained: 'told once more' }
      await Promise.all([host.keepForks([fork]), host.keepForks([fork])])
      expect(runtime.session!.own.writer.log).toBe(now)
      runtime.recorder = null
    })
    expect((await a.verify()).ok).toBe(true)
  })
})
