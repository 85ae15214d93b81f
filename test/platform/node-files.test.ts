import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createNodeFiles } from '../../src/platform/node-files.js'
import { listByBytes } from '../../src/platform/list-folder.js'
import type { FilesWorld } from '../suites/files-suite.js'
import { filesSuite } from '../suites/files-suite.js'
import { makeTempFolder, removeTempFolder } from './temp-folder.js'

/** Nobody: an unprivileged user on every Linux. */
const strangerUid = 65534

function makeWorld(): FilesWorld {
  const folder = makeTempFolder()
  return {
    files: createNodeFiles(),
    folder,
    write: (path, text) => fs.writeFileSync(path, text),
    append: (path, text) => fs.appendFileSync(path, text),
    truncate: (path, length) => fs.truncateSync(path, length),
    makeLink: (target, path) => fs.symlinkSync(target, path),
    makeHardLink: (target, path) => fs.linkSync(target, path),
    makePipe: (path) => void execFileSync('mkfifo', [path]),
    ...(process.platform === 'linux' ? { makeUndecodable } : {}),
    withoutPermission: (path, body) => withoutPermission(folder, path, body),
    dispose: () => removeTempFolder(folder),
  }
}

function makeUndecodable(folder: string): string {
  fs.writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad\\`), Buffer.from([0xff, 0x0a])]), 'x')
  return 'bad\\\\\\xff\\x0a'
}

/** Root may read everything, so root becomes somebody else for the while. */
function withoutPermission(folder: string, path: string, body: () => void): void {
  const isRoot = process.geteuid?.() === 0
  const { mode } = fs.statSync(path)
  fs.chmodSync(folder, 0o755)
  fs.chmodSync(path, 0o000)
  if (isRoot) process.seteuid?.(strangerUid)
  try {
    body()
  } finally {
    if (isRoot) process.seteuid?.(0)
    fs.chmodSync(path, mode)
  }
}

filesSuite('node files', makeWorld)

function inFolder(body: (folder: string) => void): void {
  const folder = makeTempFolder()
  try {
    body(folder)
  } finally {
    removeTempFolder(folder)
  }
}

/** How many files this process has open. */
function openFiles(): number {
  return fs.readdirSync('/proc/self/fd').length
}

describe('createNodeFiles', () => {
  it('goes on after reads and writes that were cut short', () => {
    inFolder((folder) => {
      const files = createNodeFiles({
        fsyncSync: fs.fsyncSync,
        writeSync: (fd: number, bytes: Uint8Array, from: number, length: number) =>
          fs.writeSync(fd, bytes, from, Math.min(3, length)),
        readSync: (fd: number, bytes: Uint8Array, from: number, length: number, position: number) =>
          fs.readSync(fd, bytes, from, Math.min(2, length), position),
      })
      const path = join(folder, 'file')
      const file = files.create(path)
      file.write(Buffer.from('0123456789'))
      file.write(Buffer.from('abcd'))
      file.finish()
      expect(fs.readFileSync(path, 'utf8')).toBe('0123456789abcd')
      const handle = files.open(path)!
      expect(Buffer.from(handle.read(1, 12)).toString()).toBe('123456789abc')
      handle.close()
    })
  })

  it.each(['ENOSPC', 'EIO'])('removes the part that was written when the disk says %s', (code) => {
    inFolder((folder) => {
      let calls = 0
      const fail = () => {
        throw Object.assign(new Error(code), { code })
      }
      const writeSync = (fd: number, bytes: Uint8Array) => (++calls > 1 ? fail() : fs.writeSync(fd, bytes))
      const path = join(folder, 'file')
      const full = createNodeFiles({ ...fs, writeSync })
      const file = full.create(path)
      file.write(Buffer.from('a'))
      expect(() => file.write(Buffer.from('b'))).toThrow(
        expect.objectContaining({ name: 'FileError', code, path }),
      )
      expect(fs.existsSync(path)).toBe(false)
      const unsynced = createNodeFiles({ ...fs, fsyncSync: fail })
      const other = unsynced.create(path)
      other.write(Buffer.from('a'))
      expect(() => other.finish()).toThrow(expect.objectContaining({ code }))
      expect(fs.existsSync(path)).toBe(false)
    })
  })

  it('syncs a file before its name is relied on', () => {
    inFolder((folder) => {
      const synced: boolean[] = []
      const files = createNodeFiles({
        ...fs,
        fsyncSync: (fd) => {
          synced.push(fs.fstatSync(fd).size === 4)
          fs.fsyncSync(fd)
        },
      })
      const file = files.create(join(folder, 'file'))
      file.write(Buffer.from('four'))
      file.finish()
      expect(synced).toEqual([true])
    })
  })

  it('leaves no file open, whatever happens', () => {
    inFolder((folder) => {
      const files = createNodeFiles()
      const before = openFiles()
      const file = files.create(join(folder, 'file'))
      file.write(Buffer.from('x'))
      file.finish()
      expect(() => files.create(join(folder, 'file'))).toThrow('EEXIST')
      files.makeDirectory(join(folder, 'a/b'))
      files.rename(join(folder, 'file'), join(folder, 'a/file'))
      const handle = files.open(join(folder, 'a/file'))!
      handle.close()
      files.open(join(folder, 'a'))
      files.remove(join(folder, 'a/file'))
      expect(openFiles()).toBe(before)
    })
  })

  it('lists byte by byte what it lists the quick way', () => {
    inFolder((folder) => {
      for (const name of ['b', 'a', 'é']) fs.writeFileSync(join(folder, name), 'x')
      fs.mkdirSync(join(folder, 'c'))
      fs.symlinkSync('a', join(folder, 'd'))
      expect(listByBytes(folder)).toEqual(createNodeFiles().list(folder))
    })
  })
})
