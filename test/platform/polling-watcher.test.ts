import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/engine/ports/clock.js'
import { createNodeFiles } from '../../src/platform/node-files.js'
import { createPollingWatcher } from '../../src/platform/polling-watcher.js'
import { systemClock } from '../../src/platform/system-clock.js'
import { until, watcherSuite } from '../suites/watcher-suite.js'
import { makeTempFolder, removeTempFolder } from './temp-folder.js'

watcherSuite('polling watcher', () => {
  const folder = makeTempFolder()
  const watcher = createPollingWatcher({ everyMs: 10, clock: systemClock })
  return { watcher, folder, dispose: () => removeTempFolder(folder) }
})

/** A clock whose sleepers wake when told. */
class ManualClock implements Clock {
  readonly asked: number[] = []
  #wake: () => void = () => {}
  now = () => 0
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.asked.push(ms)
    return new Promise((resolve) => {
      this.#wake = resolve
      signal?.addEventListener('abort', () => resolve())
    })
  }
  wake(): void {
    this.#wake()
  }
}

describe('createPollingWatcher', () => {
  it('looks when the interval is over, and not before', async () => {
    const folder = makeTempFolder()
    const clock = new ManualClock()
    const hints: string[] = []
    const watcher = createPollingWatcher({ everyMs: 500, clock })
    const watch = await watcher.watch(
      folder,
      (path) => hints.push(path),
      () => {},
    )
    fs.writeFileSync(join(folder, 'a'), '1')
    fs.writeFileSync(join(folder, 'b'), '1')
    expect(clock.asked).toEqual([500])
    expect(hints).toEqual([])
    clock.wake()
    await until(
      () => clock.asked.length === 2,
      () => clock.asked,
    )
    expect(hints.toSorted()).toEqual([join(folder, 'a'), join(folder, 'b')])
    await watch.close()
    expect(clock.asked).toEqual([500, 500])
    removeTempFolder(folder)
  })

  it('lets others run while it looks at much, and stops in the middle when closed', async () => {
    const folder = makeTempFolder()
    for (let i = 0; i < 60; i++) fs.writeFileSync(join(folder, `${i}`), 'x')
    const real = createNodeFiles()
    let looks = 0
    const slow = {
      ...real,
      stat: (path: string) => {
        looks += 1
        // Holds the thread, as a slow mount would.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
        return real.stat(path)
      },
    }
    const clock = new ManualClock()
    let turns = 0
    let counting = true
    const count = () => {
      turns += 1
      if (counting) setImmediate(count)
    }
    setImmediate(count)
    const watch = await createPollingWatcher({ everyMs: 1, clock, files: slow }).watch(
      folder,
      () => {},
      () => {},
    )
    counting = false
    expect(looks).toBe(60)
    // 60 ms of work in slices of 8 ms.
    expect(turns).toBeGreaterThanOrEqual(3)
    clock.wake()
    await until(
      () => looks > 60,
      () => looks,
    )
    await watch.close()
    expect(looks).toBeLessThan(120)
    removeTempFolder(folder)
  })
})
