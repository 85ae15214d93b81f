import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Files, WritableFiles } from '../../../src/engine/ports/files.js'
import { FileError } from '../../../src/engine/ports/files.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import { Workbench } from './workbench.js'

/** Nobody: an unprivileged user on every Linux. */
const strangerUid = 65534

let bench: Workbench
beforeEach(async () => {
  bench = await Workbench.make()
})
afterEach(() => bench.dispose())

const problems = (): string[] => bench.run.recorder.problems.map(({ code, path }) => `${code} ${path}`)

/** The real files, of which some calls are other. */
function files(change: Partial<Files>): WritableFiles {
  return { ...createNodeFiles(), ...change }
}

async function isOnDisk(path: string): Promise<void> {
  expect((await bench.replay(path)).toString()).toBe(bench.read(path).toString())
}

describe('what can’t be recorded is reported, and the rest is recorded', () => {
  beforeEach(() => {
    bench.write('good.jsonl', 'good\n')
  })

  it('links, out of the root or within, to files and folders', async () => {
    writeFileSync(`${bench.folder}/outside.jsonl`, 'secret\n')
    mkdirSync(`${bench.folder}/elsewhere`)
    writeFileSync(`${bench.folder}/elsewhere/x.jsonl`, 'secret\n')
    symlinkSync(`${bench.folder}/outside.jsonl`, bench.path('out.jsonl'))
    symlinkSync(`${bench.folder}/elsewhere`, bench.path('folder'))
    symlinkSync('good.jsonl', bench.path('in.jsonl'))
    symlinkSync('loop.jsonl', bench.path('loop.jsonl'))
    expect((await bench.sweep()).files).toBe(1)
    expect(problems()).toEqual(['link folder', 'link in.jsonl', 'link loop.jsonl', 'link out.jsonl'])
    expect([...bench.run.reader.files()].map(({ facts }) => facts.path)).toEqual(['good.jsonl'])
  })

  it('a file that a link took the place of: its bytes stay, nothing is followed', async () => {
    await bench.sweep()
    writeFileSync(`${bench.folder}/outside.jsonl`, 'secret\n')
    unlinkSync(bench.path('good.jsonl'))
    symlinkSync(`${bench.folder}/outside.jsonl`, bench.path('good.jsonl'))
    bench.run.recorder.hint(bench.path('good.jsonl'))
    await bench.sweep()
    expect((await bench.replay('good.jsonl')).toString()).toBe('good\n')
    expect(problems()).toEqual(['link good.jsonl'])
  })

  it('pipes and sockets', async () => {
    execFileSync('mkfifo', [bench.path('pipe.jsonl')])
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(bench.path('socket.jsonl'), resolve))
    try {
      expect((await bench.sweep()).files).toBe(1)
      expect(problems()).toEqual(['special pipe.jsonl', 'special socket.jsonl'])
      bench.run.recorder.hint(bench.path('pipe.jsonl'))
      await bench.sweep()
    } finally {
      await new Promise((resolve) => void server.close(resolve))
    }
  })

  it.runIf(process.platform === 'linux')('names that are no UTF-8', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${bench.roots[0]!.base}/bad`), Buffer.from([0xff])]), 'x\n')
    expect((await bench.sweep()).files).toBe(1)
    expect(problems()).toEqual(['name bad\\xff'])
  })

  it('folders that are nested too deeply', async () => {
    const deep = Array.from({ length: 40 }, (_, i) => `d${i}`).join('/')
    bench.write(`${deep}/a.jsonl`, 'x\n')
    expect((await bench.sweep()).files).toBe(1)
    expect(problems()).toHaveLength(1)
    expect(problems()[0]).toMatch(/^too-many d0\//)
  })

  it('what is content of nobody', async () => {
    for (const path of [
      '.DS_Store',
      'a.jsonl.lock',
      'x.tmp',
      '.git/x.jsonl',
      '.holdfast-00/x.jsonl',
      '.holdfast-1',
    ]) {
      bench.write(path, 'x\n')
    }
    expect((await bench.sweep()).files).toBe(1)
    expect(problems()).toEqual([])
  })
})

describe.runIf(process.geteuid?.() === 0)('what this user may not read', () => {
  const asStranger = async (body: () => Promise<void>): Promise<void> => {
    chmodSync(bench.folder, 0o755)
    process.seteuid?.(strangerUid)
    try {
      await body()
    } finally {
      process.seteuid?.(0)
    }
  }

  it('a file is reported, kept as it was known, and recorded once it can be read', async () => {
    bench.write('a.jsonl', 'one\n')
    bench.write('new.jsonl', 'new\n')
    bench.write('open.jsonl', 'open\n')
    chmodSync(bench.path('new.jsonl'), 0o000)
    await asStranger(async () => void (await bench.sweep()))
    expect(problems()).toEqual(['unreadable new.jsonl'])
    chmodSync(bench.path('a.jsonl'), 0o000)
    bench.append('a.jsonl', 'two\n')
    const { events } = bench
    await asStranger(async () => void (await bench.sweep()))
    expect(problems()).toEqual(['unreadable a.jsonl', 'unreadable new.jsonl'])
    expect(bench.events).toBe(events)
    chmodSync(bench.path('a.jsonl'), 0o644)
    chmodSync(bench.path('new.jsonl'), 0o644)
    await asStranger(async () => void (await bench.sweep()))
    expect(problems()).toEqual([])
    await isOnDisk('a.jsonl')
    await isOnDisk('new.jsonl')
  })

  it.each([0o000, 0o600, 0o311])('a folder of mode %o hides no file for good', async (mode) => {
    bench.write('p/a.jsonl', 'one\n')
    bench.write('p/b.jsonl', 'two\n')
    bench.write('open.jsonl', 'open\n')
    await bench.sweep()
    const { events } = bench
    chmodSync(bench.path('p'), mode)
    await asStranger(async () => void (await bench.sweep()))
    chmodSync(bench.path('p'), 0o755)
    expect(bench.events).toBe(events)
    expect((await bench.state('p/a.jsonl')).present).toBe(true)
    await bench.sweep()
    expect(bench.events).toBe(events)
  })

  it.each([0o000, 0o311])('a root of mode %o is offline', async (mode) => {
    bench.write('a.jsonl', 'one\n')
    await bench.sweep()
    chmodSync(bench.roots[0]!.base, mode)
    await asStranger(async () => void (await bench.sweep()))
    chmodSync(bench.roots[0]!.base, 0o755)
    expect(problems()).toEqual(['unreadable '])
    expect((await bench.state('a.jsonl')).present).toBe(true)
  })
})

describe('files that change under the recorder', () => {
  it('vanish between list and stat, and between stat and open', async () => {
    bench.write('a.jsonl', 'one\n')
    bench.write('b.jsonl', 'two\n')
    const real = createNodeFiles()
    await bench.restart({
      files: files({
        stat: (path) => {
          if (path.endsWith('a.jsonl')) rmSync(path, { force: true })
          return real.stat(path)
        },
        open: (path) => {
          if (path.endsWith('b.jsonl')) rmSync(path, { force: true })
          return real.open(path)
        },
      }),
    })
    expect(await bench.sweep()).toMatchObject({ recorded: 0 })
    expect(problems()).toEqual([])
    expect(bench.run.reader.log(bench.run.writer.log)?.events ?? 0).toBe(0)
  })

  it('a known file that vanishes while it is swept is removed at the next sweep', async () => {
    bench.write('a.jsonl', 'one\n')
    bench.write('b.jsonl', 'two\n')
    const real = createNodeFiles()
    let vanishing = false
    await bench.restart({
      files: files({
        open: (path) => {
          if (vanishing && path.endsWith('a.jsonl')) rmSync(path, { force: true })
          return real.open(path)
        },
      }),
    })
    await bench.sweep()
    bench.append('a.jsonl', 'more\n')
    vanishing = true
    await bench.sweep()
    await bench.sweep()
    expect(await bench.kinds('a.jsonl')).toBe('append remove')
  })

  it('are cut while they are read: what was read is what is recorded, and the next look finds the rest', async () => {
    const long = 'x'.repeat(2 * 1024 * 1024)
    const path = bench.write('a.jsonl', long)
    const real = createNodeFiles()
    await bench.restart({
      files: files({
        open: (name) => {
          const handle = real.open(name)
          if (!handle) return undefined
          return {
            ...handle,
            read: (position, length) => {
              const bytes = handle.read(position, length)
              if (position >= 1024 * 1024) writeFileSync(path, 'cut\n')
              return bytes
            },
          }
        },
      }),
    })
    await bench.sweep()
    await bench.sweep()
    await isOnDisk('a.jsonl')
  })

  it('that the disk can’t read just now are tried again', async () => {
    bench.write('a.jsonl', 'one\n')
    const real = createNodeFiles()
    let broken = true
    await bench.restart({
      files: files({
        open: (path) => {
          if (broken) throw new FileError('EIO', path)
          return real.open(path)
        },
      }),
    })
    await bench.sweep()
    expect(problems()).toEqual(['unreadable a.jsonl'])
    broken = false
    await bench.sweep()
    expect(problems()).toEqual([])
    await isOnDisk('a.jsonl')
  })
})

describe('a root', () => {
  const gone = (): void => rmSync(bench.roots[0]!.base, { recursive: true })

  beforeEach(async () => {
    bench.write('p/a.jsonl', 'one\n')
    bench.write('b.jsonl', 'two\n')
    await bench.sweep()
  })

  it.each([
    ['is gone', gone],
    ['is empty at once', () => (gone(), mkdirSync(bench.roots[0]!.base))],
    ['has only its folders left', () => (gone(), mkdirSync(bench.path('p'), { recursive: true }))],
    ['is a file', () => (gone(), writeFileSync(bench.roots[0]!.base, 'x'))],
  ])('that %s is offline: nothing is recorded as removed', async (_name, happen) => {
    const { events } = bench
    happen()
    await bench.sweep()
    await bench.sweep()
    expect(problems()).toEqual(['offline '])
    await bench.restart()
    await bench.sweep()
    expect(problems()).toEqual(['offline '])
    expect(bench.events).toBe(events)
  })

  it('that comes back with its files goes on', async () => {
    const { events } = bench
    renameSync(bench.roots[0]!.base, `${bench.folder}/away`)
    await bench.sweep()
    renameSync(`${bench.folder}/away`, bench.roots[0]!.base)
    bench.append('b.jsonl', 'three\n')
    await bench.sweep()
    expect(problems()).toEqual([])
    expect(bench.events).toBe(events + 1)
    await isOnDisk('b.jsonl')
  })

  it('that was removed and made anew records what is there now', async () => {
    gone()
    await bench.sweep()
    bench.write('c.jsonl', 'new\n')
    await bench.sweep()
    await isOnDisk('c.jsonl')
    expect((await bench.state('b.jsonl')).present).toBe(false)
    expect((await bench.replay('b.jsonl')).toString()).toBe('two\n')
  })

  it('that was away at the start is assessed when it comes back', async () => {
    renameSync(bench.roots[0]!.base, `${bench.folder}/away`)
    await bench.start({ unclean: true })
    await bench.sweep()
    await bench.sweep()
    renameSync(`${bench.folder}/away`, bench.roots[0]!.base)
    writeFileSync(bench.path('b.jsonl'), 'tw')
    rmSync(bench.path('p/a.jsonl'))
    expect((await bench.sweep()).suspect).toBe(2)
    expect(await bench.kinds('b.jsonl')).toBe('append')
  })

  it('does not keep another one from being recorded', async () => {
    bench.roots = [...bench.roots, bench.makeRoot('second', 'lines')]
    await bench.restart()
    bench.write('x.jsonl', 'x\n', 1)
    bench.write('y.jsonl', 'y\n', 1)
    await bench.sweep()
    gone()
    rmSync(bench.path('y.jsonl', 1))
    await bench.sweep()
    expect(await bench.kinds('y.jsonl', 1)).toBe('append remove')
    expect((await bench.state('b.jsonl')).present).toBe(true)
  })
})

describe('many files', () => {
  it('are recorded once each, in few batches', async () => {
    for (let i = 0; i < 300; i += 1) bench.write(`p${i % 7}/${i}.jsonl`, `${i}\n`)
    const seen: number[] = []
    const result = await bench.run.recorder.sweep(({ files: done, totalFiles }) => {
      expect(totalFiles).toBe(300)
      seen.push(done)
    })
    expect(result).toEqual({ files: 300, recorded: 300, suspect: 0 })
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
    expect(bench.run.durable).toHaveLength(300)
    await bench.restart()
    expect(await bench.sweep()).toEqual({ files: 300, recorded: 0, suspect: 0 })
    expect(bench.run.durable).toEqual([])
    expect(bench.events).toBe(300)
  })

  it('stop where they are when the recorder is stopped', async () => {
    for (let i = 0; i < 300; i += 1) bench.write(`${i}.jsonl`, `${i}\n`)
    let stopped: Promise<void> | undefined
    const { recorder } = bench.run
    const swept = recorder.sweep(({ files: done }) => {
      if (done === 100) stopped = recorder.stop()
    })
    expect((await swept).files).toBe(100)
    await stopped
    expect(bench.events).toBe(100)
    await bench.start()
    expect((await bench.sweep()).recorded).toBe(200)
  })
})
