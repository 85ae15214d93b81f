import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../src/engine/core/limits.js'
import type { Watch } from '../../src/engine/ports/watcher.js'
import { createFolderWatcher } from '../../src/platform/folder-watcher.js'
import { Observer, until, watcherSuite } from '../suites/watcher-suite.js'
import { makeTempFolder, removeTempFolder } from './temp-folder.js'

watcherSuite('folder watcher', () => {
  const folder = makeTempFolder()
  return { watcher: createFolderWatcher(), folder, dispose: () => removeTempFolder(folder) }
})

describe.runIf(process.platform === 'linux')('createFolderWatcher on Linux', () => {
  let folder: string
  let observer: Observer
  const watches: Watch[] = []
  const restore: (() => void)[] = []
  const at = (path: string) => join(folder, path)

  beforeEach(() => {
    folder = makeTempFolder()
    observer = new Observer(at('root'))
    fs.mkdirSync(at('root'))
  })
  afterEach(async () => {
    for (const undo of restore.splice(0)) undo()
    for (const watch of watches.splice(0)) await watch.close()
    removeTempFolder(folder)
  })

  const start = async (options: Parameters<typeof createFolderWatcher>[0] = {}, who = observer) => {
    const watch = await who.start(createFolderWatcher(options))
    watches.push(watch)
    return watch
  }

  /** Runs `step` around every call of a function of Node's own, chokidar's calls too. */
  const intercept = <T extends object>(
    owner: T,
    name: keyof T,
    step: { before?: (path: unknown) => void; after?: (result: unknown) => void },
  ) => {
    const real = owner[name]
    if (typeof real !== 'function') throw new TypeError(String(name))
    owner[name] = new Proxy(real, {
      apply: (target, self, args) => {
        step.before?.(args[0])
        const result: unknown = Reflect.apply(target, self, args)
        step.after?.(result)
        return result
      },
    })
    syncBuiltinESMExports()
    restore.push(() => {
      owner[name] = real
      syncBuiltinESMExports()
    })
  }

  /** The kernel's watches that this process holds. */
  const inotifyWatches = () => {
    let count = 0
    for (const fd of fs.readdirSync('/proc/self/fdinfo')) {
      try {
        count += fs
          .readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('inotify ')).length
      } catch {
        // The listing's own descriptor is gone.
      }
    }
    return count
  }

  it('watches folders only, and releases every watch', async () => {
    for (const path of ['a/b', 'c']) fs.mkdirSync(at(`root/${path}`), { recursive: true })
    for (let i = 0; i < 20; i++) fs.writeFileSync(at(`root/a/${i}`), 'x')
    const before = inotifyWatches()
    const watch = await start()
    // root, a, a/b, c, and the folder above the root.
    expect(inotifyWatches() - before).toBe(5)
    fs.rmSync(at('root'), { recursive: true })
    await until(
      () => inotifyWatches() - before === 1,
      () => inotifyWatches() - before,
    )
    fs.mkdirSync(at('root/d'), { recursive: true })
    await until(
      () => inotifyWatches() - before === 3,
      () => inotifyWatches() - before,
    )
    await watch.close()
    expect(inotifyWatches()).toBe(before)
  })

  it('looks at none of the other files in a folder when one of them grows', async () => {
    for (let i = 0; i < 50; i++) fs.writeFileSync(at(`root/${i}`), 'x')
    await start()
    let looks = 0
    intercept(fs.promises, 'lstat', { before: () => (looks += 1) })
    for (let i = 0; i < 5; i++) {
      fs.appendFileSync(at('root/7'), 'y')
      const text = `x${'y'.repeat(i + 1)}`
      await until(
        () => observer.found().some(([path, content]) => path === '7' && content === text),
        () => observer.found(),
      )
    }
    expect(looks).toBeLessThan(5)
  })

  it('finds a folder that comes after the look at its parent and before the watch on it', async () => {
    await start()
    const held = inotifyWatches()
    const before = (path: unknown) => {
      if (path === at('root/new')) fs.mkdirSync(at('root/new/sub'), { recursive: true })
    }
    intercept(fs, 'watch', { before })
    fs.mkdirSync(at('root/new'))
    await until(
      () => inotifyWatches() - held === 2,
      () => ({ watches: inotifyWatches() - held, hints: observer.hints }),
    )
    fs.writeFileSync(at('root/new/sub/a'), '1')
    await observer.sees({ 'new/sub/a': '1' })
  })

  it('sees that a folder was replaced while somebody holds the old one', async () => {
    fs.mkdirSync(at('root/p'))
    await start()
    // The kernel tells of a folder's end only when nobody has it open.
    const holder = fs.openSync(at('root/p'), 'r')
    restore.push(() => fs.closeSync(holder))
    fs.rmdirSync(at('root/p'))
    fs.mkdirSync(at('root/p'))
    fs.writeFileSync(at('root/p/a'), '1')
    await observer.sees({ 'p/a': '1' })
    await until(
      () => observer.hints.includes(at('root')),
      () => observer.hints,
    )
    fs.appendFileSync(at('root/p/a'), '2')
    await observer.sees({ 'p/a': '12' })
  })

  it('sees that a folder was replaced where its inode is used again at once', async () => {
    fs.mkdirSync(at('root/p'))
    const after = (stats: unknown) => {
      if (stats instanceof fs.Stats && stats.isDirectory()) stats.ino = 7
    }
    intercept(fs, 'lstatSync', { after })
    await start()
    for (const text of ['1', '22', '333']) {
      fs.rmSync(at('root/p'), { recursive: true })
      fs.mkdirSync(at('root/p'))
      fs.writeFileSync(at('root/p/a'), text)
      await observer.sees({ 'p/a': text })
      fs.appendFileSync(at('root/p/a'), 'x')
      await observer.sees({ 'p/a': `${text}x` })
    }
    for (const text of ['1', '22', '333']) {
      fs.rmSync(at('root/p'), { recursive: true })
      await observer.sees({})
      fs.mkdirSync(at('root/p'))
      fs.writeFileSync(at('root/p/a'), text)
      await observer.sees({ 'p/a': text })
      fs.appendFileSync(at('root/p/a'), 'x')
      await observer.sees({ 'p/a': `${text}x` })
    }
  })

  it('stops at the deepest level', async () => {
    const deepest = Array.from({ length: limits.rootMaxDepth }, (_, i) => `d${i}`).join('/')
    fs.mkdirSync(at(`root/${deepest}/too-deep`), { recursive: true })
    const before = inotifyWatches()
    await start()
    expect(inotifyWatches() - before).toBe(limits.rootMaxDepth + 2)
  })

  it.each(['nfs4', 'cifs', 'fuse.sshfs', '9p'])('is blind at once on a mount of type %s', async (type) => {
    const before = inotifyWatches()
    await start({ readMounts: () => `x / ext4 rw 0 0\nshare ${folder} ${type} rw 0 0\n` })
    expect(observer.blind).toEqual([expect.stringContaining(type)])
    expect(inotifyWatches()).toBe(before)
  })

  it('is blind on such a mount also where the root is still to come, or behind a link', async () => {
    const readMounts = () => `share ${folder} nfs rw 0 0\n`
    const late = new Observer(at('not/yet'))
    await start({ readMounts }, late)
    expect(late.blind).toHaveLength(1)
    const elsewhere = makeTempFolder()
    restore.push(() => removeTempFolder(elsewhere))
    fs.symlinkSync(at('root'), join(elsewhere, 'link'))
    const linked = new Observer(join(elsewhere, 'link'))
    await start({ readMounts }, linked)
    expect(linked.blind).toHaveLength(1)
  })

  it('watches where the system lists no mounts', async () => {
    await start({ readMounts: () => undefined })
    fs.writeFileSync(at('root/a'), '1')
    await observer.sees({ a: '1' })
  })

  it.each(['ENOSPC', 'EMFILE'])('tells once that it is blind when watches run out with %s', async (code) => {
    for (let i = 0; i < 10; i++) fs.mkdirSync(at(`root/${i}`))
    const held = inotifyWatches()
    let left = 4
    const before = () => {
      if (left-- <= 0) throw Object.assign(new Error(code), { code })
    }
    intercept(fs, 'watch', { before })
    const watch = await start()
    expect(observer.blind).toEqual([expect.stringContaining(code)])
    expect(inotifyWatches()).toBe(held)
    fs.writeFileSync(at('root/a'), '1')
    fs.mkdirSync(at('root/1/b'))
    await watch.close()
    expect(observer.hints).toEqual([])
    expect(observer.blind).toHaveLength(1)
  })

  it('tells later that watches ran out', async () => {
    await start()
    const before = () => {
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
    }
    intercept(fs, 'watch', { before })
    fs.mkdirSync(at('root/a'))
    await until(
      () => observer.blind.length === 1,
      () => observer,
    )
  })

  it('is blind where the user asked chokidar to poll', async () => {
    process.env['CHOKIDAR_USEPOLLING'] = '1'
    restore.push(() => delete process.env['CHOKIDAR_USEPOLLING'])
    await start()
    expect(observer.blind).toEqual([expect.stringContaining('CHOKIDAR_USEPOLLING')])
  })

  it('watches a root behind a link, under the name it was given', async () => {
    fs.mkdirSync(at('root/p'))
    fs.symlinkSync(at('root'), at('link'))
    const linked = new Observer(at('link'))
    await start({}, linked)
    fs.writeFileSync(at('root/p/a'), '1')
    await until(
      () => linked.hints.includes(at('link/p/a')),
      () => linked.hints,
    )
    expect(linked.hints.every((path) => path.startsWith(at('link')))).toBe(true)
  })

  it('finds by its regular check what no event tells', async () => {
    const root = at('far/above/root')
    fs.mkdirSync(root, { recursive: true })
    const far = new Observer(root)
    await start({ checkEveryMs: 20 }, far)
    fs.renameSync(at('far'), at('old'))
    await far.sees({})
    fs.mkdirSync(root, { recursive: true })
    fs.writeFileSync(join(root, 'a'), '1')
    await far.sees({ a: '1' })
    fs.appendFileSync(join(root, 'a'), '2')
    await far.sees({ a: '12' })
  })

  it('hints the folder where a name can not be decoded', async () => {
    await start()
    fs.writeFileSync(Buffer.concat([Buffer.from(at('root/bad')), Buffer.from([0xff])]), 'x')
    await until(
      () => observer.hints.includes(at('root')),
      () => observer.hints,
    )
  })

  it('waits where a file stands in place of the root', async () => {
    fs.rmdirSync(at('root'))
    fs.writeFileSync(at('root'), 'a file')
    await start()
    fs.rmSync(at('root'))
    fs.mkdirSync(at('root'))
    fs.writeFileSync(at('root/a'), '1')
    await observer.sees({ a: '1' })
    expect(observer.blind).toEqual([])
  })
})
