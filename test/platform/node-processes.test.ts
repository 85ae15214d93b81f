import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProcesses } from '../../src/platform/node-processes.js'
import { parseLsof, type Run } from '../../src/platform/process-ps.js'
import { makeTempFolder, removeTempFolder } from './temp-folder.js'

const onLinux = process.platform === 'linux'
const hasLsof = spawnSync('lsof', ['-v']).error === undefined

const noLsof: Run = () => undefined

describe('createProcesses', () => {
  let folder: string
  const children: ChildProcess[] = []
  const at = (name: string) => join(folder, name)

  beforeEach(() => {
    folder = makeTempFolder()
    for (const name of ['held', 'free']) fs.writeFileSync(at(name), 'x')
  })
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.stdin?.end()
      if (child.exitCode === null) await once(child, 'exit')
    }
    removeTempFolder(folder)
  })

  /** A process that holds a file open until its input ends. */
  const hold = async (path: string): Promise<number> => {
    const script = `require('fs').openSync(process.argv[1], 'a'); console.log('open'); process.stdin.resume()`
    const child = spawn(process.execPath, ['-e', script, path], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    await once(child.stdout, 'data')
    return child.pid!
  }

  it.runIf(onLinux)('finds who holds a file, by path and by inode, but not itself', async () => {
    const own = fs.openSync(at('free'), 'r')
    const pid = await hold(at('held'))
    fs.linkSync(at('held'), at('same'))
    const paths = [at('held'), at('same'), at('free'), at('missing')]
    expect(createProcesses().holders(paths)).toEqual({
      known: true,
      byPath: new Map([
        [at('held'), [pid]],
        [at('same'), [pid]],
      ]),
    })
    fs.closeSync(own)
  })

  it.runIf(onLinux)('finds who holds a file by a name that was not asked for', async () => {
    const pid = await hold(at('held'))
    fs.linkSync(at('held'), at('same'))
    expect(createProcesses().holders([at('same')]).byPath).toEqual(new Map([[at('same'), [pid]]]))
    fs.unlinkSync(at('same'))
    fs.mkdirSync(at('view'))
    fs.symlinkSync(folder, at('view/link'))
    // The same file by another path and its own name, as below another mount.
    const other = at('view/link/held')
    expect(createProcesses().holders([other]).byPath).toEqual(new Map([[other, [pid]]]))
  })

  it.runIf(onLinux)('finds who still holds what was replaced', async () => {
    const pid = await hold(at('held'))
    fs.writeFileSync(at('new'), 'x')
    fs.renameSync(at('new'), at('held'))
    expect(createProcesses().holders([at('held')]).byPath).toEqual(new Map([[at('held'), [pid]]]))
  })

  it('knows nothing where the system tells nothing', () => {
    const unknown = { known: false, byPath: new Map() }
    expect(createProcesses({ platform: 'win32' }).holders([at('held')])).toEqual(unknown)
    expect(createProcesses({ platform: 'linux', procFolder: folder }).holders([at('held')])).toEqual(unknown)
    expect(createProcesses({ platform: 'darwin', run: noLsof }).holders([at('held')])).toEqual(unknown)
  })

  it('asks lsof in parts on macOS, by real path', () => {
    fs.symlinkSync(folder, at('link'))
    const calls: (readonly string[])[] = []
    const run: Run = (command, args) => {
      calls.push([command, ...args])
      return {
        stdout: `p77\nf3\nn${at('held')}\nf4\nn/other\np${process.pid}\nf3\nn${at('free')}\np5\nn${at('held')}\n`,
      }
    }
    const processes = createProcesses({ platform: 'darwin', run })
    expect(processes.holders([at('link/held'), at('free'), at('missing')])).toEqual({
      known: true,
      byPath: new Map([[at('link/held'), [5, 77]]]),
    })
    expect(calls).toEqual([['lsof', '-w', '-n', '-P', '-Fpn', '--', at('held'), at('free')]])
    const many = Array.from({ length: 120 }, (_, i) => at(`f${i}`))
    for (const path of many) fs.writeFileSync(path, '')
    calls.length = 0
    processes.holders(many)
    expect(calls.map((call) => call.length - 6)).toEqual([50, 50, 20])
  })

  it.runIf(hasLsof)('understands the real lsof', async () => {
    const pid = await hold(at('held'))
    const processes = createProcesses({ platform: 'darwin' })
    expect(processes.holders([at('held'), at('free')])).toEqual({
      known: true,
      byPath: new Map([[at('held'), [pid]]]),
    })
    expect(processes.holders([at('free')])).toEqual({ known: true, byPath: new Map() })
  })
})

describe('parseLsof', () => {
  it('gives each name to the process above it', () => {
    expect(parseLsof('p1\nfcwd\nn/a b\nf3\nn/c\np22\nf1\nn/a b\n')).toEqual([
      { pid: 1, name: '/a b' },
      { pid: 1, name: '/c' },
      { pid: 22, name: '/a b' },
    ])
    expect(parseLsof('')).toEqual([])
  })
})
