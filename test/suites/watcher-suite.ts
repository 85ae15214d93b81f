import * as fs from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Watch, Watcher } from '../../src/engine/ports/watcher.js'

/** A watcher for one test, and an empty folder on the file system that it watches. */
export interface WatcherWorld {
  readonly watcher: Watcher
  readonly folder: string
  dispose(): void
}

/** Generous: a busy machine must not fail a test that would pass in a moment. */
const patienceMs = 15_000
const lookEveryMs = 5

/** Waits until `check` holds; where it never does, fails with what `explain` says. */
export async function until(check: () => boolean, explain: () => unknown): Promise<void> {
  const endMs = Date.now() + patienceMs
  while (!check()) {
    if (Date.now() > endMs) throw new Error(`never happened: ${JSON.stringify(explain())}`)
    await wait(lookEveryMs)
  }
}

function byPath([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1
}

/**
 * Somebody who looks only where a hint points: at a file, or at a folder and all below it. Where the hints are complete,
 * what was seen becomes what is there.
 */
export class Observer {
  readonly hints: string[] = []
  readonly blind: string[] = []
  readonly #folder: string
  readonly #seen = new Map<string, string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async start(watcher: Watcher): Promise<Watch> {
    const watch = await watcher.watch(
      this.#folder,
      (path) => {
        this.hints.push(path)
        this.#look(path)
      },
      (reason) => this.blind.push(reason),
    )
    this.#look(this.#folder)
    return watch
  }

  async sees(what: Readonly<Record<string, string>>): Promise<void> {
    const wanted = JSON.stringify(Object.entries(what).toSorted(byPath))
    await until(
      () => JSON.stringify(this.found()) === wanted,
      () => ({ wanted: what, seen: this.found(), hints: this.hints.slice(-30), blind: this.blind }),
    )
  }

  /** Path and content of every file that was seen, sorted. */
  found(): [string, string][] {
    return [...this.#seen]
      .map(([path, text]): [string, string] => [relative(this.#folder, path), text])
      .toSorted(byPath)
  }

  #look(path: string): void {
    for (const known of this.#seen.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.#seen.delete(known)
    }
    this.#read(path)
  }

  #read(path: string): void {
    try {
      const stats = fs.lstatSync(path)
      if (stats.isFile()) this.#seen.set(path, fs.readFileSync(path, 'utf8'))
      if (stats.isDirectory()) for (const name of fs.readdirSync(path)) this.#read(join(path, name))
    } catch {
      // Gone between the hint and the look.
    }
  }
}

/** What every `Watcher` has to do on a file system that it can watch. */
export function watcherSuite(name: string, make: () => WatcherWorld): void {
  describe(`${name} as watcher`, { timeout: patienceMs * 3 }, () => {
    let world: WatcherWorld
    let root: string
    let observer: Observer
    let watch: Watch | undefined
    const at = (path: string) => join(root, path)

    beforeEach(() => {
      world = make()
      root = join(world.folder, 'root')
      fs.mkdirSync(root)
      observer = new Observer(root)
    })
    afterEach(async () => {
      await watch?.close()
      watch = undefined
      world.dispose()
    })
    const start = async () => {
      watch = await observer.start(world.watcher)
    }

    it('tells of a new file, an append and a removal', async () => {
      await start()
      fs.writeFileSync(at('a'), '1')
      await observer.sees({ a: '1' })
      fs.appendFileSync(at('a'), '2')
      await observer.sees({ a: '12' })
      fs.rmSync(at('a'))
      await observer.sees({})
      expect(observer.blind).toEqual([])
    })

    it('tells of files that were there before, at any depth', async () => {
      fs.mkdirSync(at('x/y/z'), { recursive: true })
      for (const file of ['a', 'x/b', 'x/y/z/c']) fs.writeFileSync(at(file), '1')
      await start()
      for (const file of ['x/y/z/c', 'x/b', 'a']) fs.appendFileSync(at(file), '2')
      await observer.sees({ a: '12', 'x/b': '12', 'x/y/z/c': '12' })
    })

    it('tells of the second of two quick appends', async () => {
      fs.writeFileSync(at('a'), '')
      await start()
      for (let round = 1; round <= 5; round++) {
        fs.appendFileSync(at('a'), '1')
        await wait(20)
        fs.appendFileSync(at('a'), '2')
        await observer.sees({ a: '12'.repeat(round) })
      }
    })

    it('tells of the last of many changes', async () => {
      fs.mkdirSync(at('p'))
      await start()
      for (let i = 0; i < 200; i++) {
        fs.appendFileSync(at('p/a'), 'x')
        if (i % 20 === 0) await wait(1)
      }
      await observer.sees({ 'p/a': 'x'.repeat(200) })
    })

    it('tells of files that came at once with their new folder, and of later ones', async () => {
      await start()
      fs.mkdirSync(at('new'))
      fs.writeFileSync(at('new/a'), '1')
      await observer.sees({ 'new/a': '1' })
      fs.writeFileSync(at('new/b'), '1')
      fs.appendFileSync(at('new/a'), '2')
      await observer.sees({ 'new/a': '12', 'new/b': '1' })
    })

    it('tells of deep folders that grow while they are found', async () => {
      await start()
      const wanted: Record<string, string> = {}
      let path = ''
      for (let level = 0; level < 12; level++) {
        path = join(path, `d${level}`)
        fs.mkdirSync(at(path))
        // Some at once, some just when the watcher is busy with the level above.
        if (level % 3 !== 0) await wait(level % 3)
        fs.writeFileSync(at(`${path}/f`), '1')
        wanted[`${path}/f`] = '1'
      }
      await observer.sees(wanted)
      fs.appendFileSync(at(`${path}/f`), '2')
      await observer.sees({ ...wanted, [`${path}/f`]: '12' })
    })

    it('keeps telling of a file after atomic replaces', async () => {
      fs.writeFileSync(at('a'), '0')
      await start()
      for (const text of ['1', '22', '333']) {
        fs.writeFileSync(at('a.tmp'), text)
        fs.renameSync(at('a.tmp'), at('a'))
        await observer.sees({ a: text })
      }
      fs.appendFileSync(at('a'), '4')
      await observer.sees({ a: '3334' })
    })

    it('tells of both ends of a rename', async () => {
      fs.mkdirSync(at('archive'))
      fs.writeFileSync(at('a'), '1')
      await start()
      fs.renameSync(at('a'), at('b'))
      await observer.sees({ b: '1' })
      fs.renameSync(at('b'), at('archive/b'))
      await observer.sees({ 'archive/b': '1' })
    })

    it('keeps telling of files in a renamed folder', async () => {
      fs.mkdirSync(at('old/inner'), { recursive: true })
      fs.writeFileSync(at('old/inner/a'), '1')
      await start()
      fs.renameSync(at('old'), at('new'))
      await observer.sees({ 'new/inner/a': '1' })
      fs.appendFileSync(at('new/inner/a'), '2')
      await observer.sees({ 'new/inner/a': '12' })
    })

    it('keeps telling of files in a folder that was replaced at once', async () => {
      fs.mkdirSync(at('p'))
      fs.writeFileSync(at('p/a'), '1')
      await start()
      for (const text of ['22', '333', '4444']) {
        fs.rmSync(at('p'), { recursive: true })
        fs.mkdirSync(at('p'))
        fs.writeFileSync(at('p/a'), text)
        await observer.sees({ 'p/a': text })
        fs.appendFileSync(at('p/a'), 'x')
        await observer.sees({ 'p/a': `${text}x` })
      }
      fs.mkdirSync(at('q'))
      fs.writeFileSync(at('q/a'), '1')
      await observer.sees({ 'p/a': '4444x', 'q/a': '1' })
      fs.renameSync(at('p'), at('r'))
      fs.renameSync(at('q'), at('p'))
      await observer.sees({ 'p/a': '1', 'r/a': '4444x' })
      fs.appendFileSync(at('p/a'), '2')
      fs.appendFileSync(at('r/a'), '2')
      await observer.sees({ 'p/a': '12', 'r/a': '4444x2' })
    })

    it('keeps telling of files in a folder that comes and goes', async () => {
      await start()
      for (const text of ['1', '22', '333', '4444', '55555']) {
        fs.mkdirSync(at('p'))
        fs.writeFileSync(at('p/a'), text)
        await observer.sees({ 'p/a': text })
        fs.appendFileSync(at('p/a'), 'x')
        await observer.sees({ 'p/a': `${text}x` })
        fs.rmSync(at('p'), { recursive: true })
        await observer.sees({})
      }
    })

    it('tells of a root that was removed and comes back', async () => {
      fs.writeFileSync(at('a'), '1')
      await start()
      for (const text of ['2', '3']) {
        fs.rmSync(root, { recursive: true })
        await observer.sees({})
        fs.mkdirSync(root)
        fs.writeFileSync(at('a'), text)
        await observer.sees({ a: text })
        fs.appendFileSync(at('a'), 'x')
        await observer.sees({ a: `${text}x` })
      }
    })

    it('tells of a root that was replaced at once', async () => {
      fs.writeFileSync(at('a'), '1')
      await start()
      fs.rmSync(root, { recursive: true })
      fs.mkdirSync(root)
      fs.writeFileSync(at('b'), '2')
      await observer.sees({ b: '2' })
      fs.appendFileSync(at('b'), '3')
      await observer.sees({ b: '23' })
    })

    it('waits for a root that does not exist, nor its parents', async () => {
      root = join(world.folder, 'not/there/yet')
      observer = new Observer(root)
      await start()
      expect(observer.blind).toEqual([])
      fs.mkdirSync(root, { recursive: true })
      fs.writeFileSync(at('a'), '1')
      await observer.sees({ a: '1' })
      fs.appendFileSync(at('a'), '2')
      await observer.sees({ a: '12' })
      fs.rmSync(join(world.folder, 'not'), { recursive: true })
      await observer.sees({})
      fs.mkdirSync(root, { recursive: true })
      fs.writeFileSync(at('b'), '1')
      await observer.sees({ b: '1' })
    })

    it('does not follow links, loops least of all', async () => {
      const outside = join(world.folder, 'outside')
      fs.mkdirSync(outside)
      fs.mkdirSync(at('p'))
      fs.symlinkSync(root, at('p/loop'))
      fs.symlinkSync(outside, at('out'))
      await start()
      fs.symlinkSync('..', at('p/late'))
      fs.writeFileSync(join(outside, 'x'), '1')
      fs.writeFileSync(at('p/a'), '1')
      await observer.sees({ 'p/a': '1' })
      const followed = observer.hints.filter((path) => /(loop|late|out)\//.test(relative(root, path)))
      expect(followed).toEqual([])
    })

    it('serves two roots of which one holds the other', async () => {
      fs.mkdirSync(at('inner'))
      // One takes much longer to arm than the other, so that they are not armed anew at the same time.
      for (let i = 0; i < 150; i++) fs.mkdirSync(at(`other${i}`))
      await start()
      const inner = new Observer(at('inner'))
      const innerWatch = await inner.start(world.watcher)
      fs.writeFileSync(at('inner/a'), '1')
      await observer.sees({ 'inner/a': '1' })
      await inner.sees({ a: '1' })
      fs.rmSync(at('inner'), { recursive: true })
      fs.mkdirSync(at('inner'))
      fs.writeFileSync(at('inner/b'), '2')
      await observer.sees({ 'inner/b': '2' })
      await inner.sees({ b: '2' })
      fs.appendFileSync(at('inner/b'), '3')
      await observer.sees({ 'inner/b': '23' })
      await inner.sees({ b: '23' })
      await innerWatch.close()
      fs.appendFileSync(at('inner/b'), '4')
      await observer.sees({ 'inner/b': '234' })
    })

    it('is silent once closed', async () => {
      fs.writeFileSync(at('a'), '1')
      await start()
      await watch?.close()
      const told = observer.hints.length
      const other = new Observer(root)
      watch = await other.start(world.watcher)
      fs.appendFileSync(at('a'), '2')
      fs.mkdirSync(at('p'))
      await other.sees({ a: '12' })
      expect(observer.hints.length).toBe(told)
    })

    it('may be closed twice, and while it arms', async () => {
      for (let i = 0; i < 20; i++) fs.mkdirSync(at(`d${i}/e`), { recursive: true })
      await start()
      fs.rmSync(root, { recursive: true })
      fs.mkdirSync(root)
      await wait(25)
      await watch?.close()
      await watch?.close()
    })
  })
}
