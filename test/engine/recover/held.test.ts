import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, closeSync, openSync, renameSync, statSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WritableFiles } from '../../../src/engine/ports/files.js'
import type { Processes } from '../../../src/engine/ports/processes.js'
import { fileEpochs } from '../../../src/engine/replay/content.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import { createProcesses } from '../../../src/platform/node-processes.js'
import { DamagedBench, text } from './damaged-bench.js'

let damaged: DamagedBench
beforeEach(async () => {
  damaged = await DamagedBench.make()
})
afterEach(() => damaged.bench.dispose())

/** The real files; `onCall` runs before each call that changes something, or opens. */
function watched(onCall: (call: string, path: string) => void): WritableFiles {
  const real = createNodeFiles()
  return {
    ...real,
    create: (path, mode) => {
      onCall('create', path)
      const file = real.create(path, mode)
      return {
        write: (bytes) => file.write(bytes),
        finish: () => {
          onCall('finish', path)
          file.finish()
        },
        abandon: () => file.abandon(),
      }
    },
    rename: (from, to) => {
      onCall('rename', to)
      real.rename(from, to)
    },
    makeDirectory: (path) => {
      onCall('makeDirectory', path)
      real.makeDirectory(path)
    },
  }
}

describe('a file is left alone', () => {
  async function isHeld(before: string | null, reason: RegExp): Promise<void> {
    const report = await damaged.repair()
    expect(report).toMatchObject({ restored: [], unmended: [], held: [{ path: 'p/a.jsonl' }] })
    expect(report.held[0]?.why).toMatch(reason)
    if (before !== null) expect(damaged.onDisk()).toBe(before)
    expect(damaged.leftovers()).toEqual([])
  }

  it('that another process has open', async () => {
    damaged.shorten()
    const fd = openSync(damaged.bench.path('p/a.jsonl'), 'a')
    const child = spawn('sleep', ['60'], {
      stdio: ['ignore', 'ignore', 'ignore', fd],
    })
    try {
      await once(child, 'spawn')
      closeSync(fd)
      await damaged.crash({ processes: createProcesses() })
      const { ino } = statSync(damaged.bench.path('p/a.jsonl'))
      await isHeld('one\ntw', new RegExp(`process ${child.pid}`))
      expect(statSync(damaged.bench.path('p/a.jsonl')).ino).toBe(ino)
    } finally {
      child.kill()
      await once(child, 'exit')
    }
    expect((await damaged.repair()).restored).toHaveLength(1)
    expect(damaged.onDisk()).toBe(text)
  })

  it('that somebody opens while the repair is written', async () => {
    damaged.shorten()
    let looks = 0
    const processes: Processes = {
      holders: ([path]) => {
        looks += 1
        return { known: true, byPath: new Map(looks > 1 && path !== undefined ? [[path, [4711]]] : []) }
      },
      agents: () => ({ known: true, list: [] }),
    }
    await damaged.crash({ processes })
    await isHeld('one\ntw', /4711/)
  })

  it('that changed since it was assessed', async () => {
    damaged.shorten()
    await damaged.crash()
    damaged.bench.append('p/a.jsonl', 'new\n')
    await isHeld('one\ntwnew\n', /changed/)
    await damaged.bench.sweep()
    expect(await damaged.bench.epochs('p/a.jsonl')).toEqual([text, 'one\ntwnew\n'])
    await damaged.allIsWell()
  })

  it('that holds bytes which are not in the log, though size and time say nothing', async () => {
    damaged.shorten()
    damaged.bench.touch('p/a.jsonl', 1000)
    await damaged.crash()
    damaged.rewrite('ONE\ntw')
    await isHeld('ONE\ntw', /not in the log/)
  })

  it.each(['create', 'finish'])('that is written while the repair is (%s)', async (at) => {
    damaged.shorten()
    const files = watched((call) => {
      if (call === at) damaged.bench.append('p/a.jsonl', 'new\n')
    })
    await damaged.crash({ files })
    await isHeld('one\ntwnew\n', /writing/)
    await damaged.bench.start()
    await damaged.bench.sweep()
    expect((await damaged.bench.replay('p/a.jsonl')).toString()).toBe('one\ntwnew\n')
  })

  it.each(['create', 'finish'])('that comes back while the repair is written (%s)', async (at) => {
    damaged.lose()
    const files = watched((call) => {
      if (call === at) damaged.bench.write('p/a.jsonl', 'mine\n')
    })
    await damaged.crash({ files })
    await isHeld('mine\n', /came back/)
    await damaged.bench.start()
    await damaged.bench.sweep()
    expect((await damaged.bench.replay('p/a.jsonl')).toString()).toBe('mine\n')
    expect((await damaged.bench.replay('p/a.jsonl', {}, 0)).toString()).toBe(text)
  })

  it.each(['create', 'finish'])('that is replaced while the repair is written (%s)', async (at) => {
    damaged.shorten()
    const files = watched((call) => {
      if (call !== at) return
      damaged.bench.write('other.jsonl', 'mine\n')
      renameSync(damaged.bench.path('other.jsonl'), damaged.bench.path('p/a.jsonl'))
    })
    await damaged.crash({ files })
    await isHeld('mine\n', /replaced|writing/)
    await damaged.bench.start()
    await damaged.bench.sweep()
    expect((await damaged.bench.replay('p/a.jsonl')).toString()).toBe('mine\n')
  })

  it('that goes while the repair is written', async () => {
    damaged.shorten()
    const files = watched((call) => {
      if (call === 'create') damaged.lose()
    })
    await damaged.crash({ files })
    await isHeld(null, /gone|replaced/)
    await damaged.bench.start({ unclean: true })
    await damaged.bench.sweep()
  })
})

describe('a restored file', () => {
  it('clears what a killed repair left beside it', async () => {
    damaged.shorten()
    let killed = false
    const real = createNodeFiles()
    const files: WritableFiles = {
      ...real,
      rename: () => {
        killed = true
        throw new Error('killed')
      },
      remove: (path) => {
        if (!killed) real.remove(path)
      },
    }
    await damaged.crash({ files })
    await expect(damaged.repair()).rejects.toThrow('killed')
    expect(damaged.leftovers()).toHaveLength(1)
    await damaged.crash()
    expect((await damaged.repair()).restored).toHaveLength(1)
    await damaged.allIsWell()
  })
})

describe('what is written at the very moment of the rename', () => {
  it('is kept as a generation of its own', async () => {
    damaged.shorten()
    const files = watched((call, path) => {
      if (call === 'rename' && path.endsWith('a.jsonl')) appendFileSync(path, 'late\n')
    })
    await damaged.crash({ files })
    expect(await damaged.repair()).toMatchObject({
      restored: [{ path: 'p/a.jsonl' }],
      held: [],
      unmended: [],
    })
    const { bench } = damaged
    const epochs = await fileEpochs(bench.run.reader, bench.file('p/a.jsonl'))
    const texts = await Promise.all(epochs.map(async (epoch) => (await bench.bytesOf(epoch)).toString()))
    expect(texts).toContain('one\ntwlate\n')
    expect(texts.at(-1)).toBe(damaged.onDisk())
    expect(damaged.onDisk()).not.toContain('late')
  })
})
