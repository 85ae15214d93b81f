import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderWatcher } from '../../src/platform/folder-watcher.js'
import type { NativeWatcher } from '../../src/platform/recursive-tree.js'
import { until } from '../suites/watcher-suite.js'
import { makeTempFolder, removeTempFolder } from './temp-folder.js'

interface FakeWatch {
  readonly folder: string
  readonly recursive: boolean
  readonly tell: (type: string, name: string | null) => void
  fail(code: string): void
  closed: boolean
}

const coded = (code: string) => Object.assign(new Error(code), { code })

/** Stands for the one recursive watch of macOS and Windows, which can't be had here. */
describe.each(['darwin', 'win32'] as const)('createFolderWatcher on %s', (platform) => {
  let folder: string
  let root: string
  let started: FakeWatch[]
  let refuse: string | undefined
  let hints: string[]
  let blind: string[]

  beforeEach(() => {
    folder = makeTempFolder()
    root = join(folder, 'root')
    started = []
    hints = []
    blind = []
    refuse = undefined
  })
  afterEach(() => removeTempFolder(folder))

  const watchNative: NativeWatcher = (path, options, tell) => {
    if (refuse && options.recursive) throw coded(refuse)
    const listeners: ((error: Error) => void)[] = []
    const fake: FakeWatch = {
      folder: path,
      recursive: options.recursive,
      tell,
      fail: (code) => listeners.forEach((listener) => listener(coded(code))),
      closed: false,
    }
    started.push(fake)
    return { on: (_, listener) => listeners.push(listener), close: () => void (fake.closed = true) }
  }
  const open = () => started.filter((one) => !one.closed)
  const trees = () => open().filter((one) => one.recursive)
  const start = () =>
    createFolderWatcher({ platform, watchNative, readMounts: () => `x / nfs rw 0 0\n` }).watch(
      root,
      (path) => hints.push(path),
      (reason) => blind.push(reason),
    )

  it('has one recursive watch on the root and a plain one above it', async () => {
    fs.mkdirSync(join(root, 'a/b'), { recursive: true })
    const watch = await start()
    expect(open().map((one) => [one.folder, one.recursive])).toEqual([
      [folder, false],
      [root, true],
    ])
    expect(blind).toEqual([])
    await watch.close()
    expect(open()).toEqual([])
  })

  it('hints what it is told, the root where no name is told, nothing once closed', async () => {
    fs.mkdirSync(root)
    const watch = await start()
    const [tree] = trees()
    tree!.tell('change', join('a', 'b.jsonl'))
    tree!.tell('rename', null)
    expect(hints).toEqual([join(root, 'a/b.jsonl'), root])
    await watch.close()
    tree!.tell('change', 'c')
    expect(hints).toHaveLength(2)
  })

  it('arms when the root comes, and again when it is replaced', async () => {
    const watch = await start()
    expect(trees()).toEqual([])
    fs.mkdirSync(root)
    open()[0]!.tell('rename', 'unrelated')
    open()[0]!.tell('rename', 'root')
    const [first] = await armed()
    expect(hints).toEqual([root])
    fs.renameSync(root, join(folder, 'old'))
    fs.mkdirSync(root)
    open()[0]!.tell('rename', 'root')
    await until(
      () => hints.length === 2,
      () => hints,
    )
    expect(first!.closed).toBe(true)
    expect(trees()).toHaveLength(1)
    await watch.close()
    expect(open()).toEqual([])
  })

  it('arms anew after an error such as the end of the root', async () => {
    fs.mkdirSync(root)
    const watch = await start()
    trees()[0]!.fail('EPERM')
    await until(
      () => hints.includes(root) && trees().length === 1,
      () => ({ hints, open: open() }),
    )
    expect(blind).toEqual([])
    await watch.close()
  })

  it('is blind, once, where the system gives no watch', async () => {
    fs.mkdirSync(root)
    refuse = 'EMFILE'
    const watch = await start()
    expect(blind).toEqual([expect.stringContaining('EMFILE')])
    expect(open()).toEqual([])
    await watch.close()
    refuse = undefined
    await start()
    trees()[0]!.fail('EMFILE')
    await until(
      () => open().length === 0,
      () => open(),
    )
    expect(blind).toHaveLength(2)
  })

  const armed = async () => {
    await until(
      () => trees().length === 1 && hints.length > 0,
      () => ({ hints, open: open() }),
    )
    return trees()
  }
})
