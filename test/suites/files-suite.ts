import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FileIdentity } from '../../src/engine/core/cursor.js'
import type { WritableFiles } from '../../src/engine/ports/files.js'
import { FileError } from '../../src/engine/ports/files.js'

/** A file system for one test, and what a test does to it behind the port's back. */
export interface FilesWorld {
  readonly files: WritableFiles
  /** An empty folder. */
  readonly folder: string
  write(path: string, text: string): void
  append(path: string, text: string): void
  truncate(path: string, length: number): void
  makeLink(target: string, path: string): void
  makeHardLink(target: string, path: string): void
  /** Where the file system has pipes. */
  makePipe?(path: string): void
  /** Where names are bytes: makes a file whose name is no UTF-8, returns how it is to be reported. */
  makeUndecodable?(folder: string): string
  /** Where there are permissions: runs `body` as one who may not read the file or folder. */
  withoutPermission?(path: string, body: () => void): void
  dispose(): void
}

const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)
const bytes = (content: string) => new TextEncoder().encode(content)

/** The error that an action must throw. */
function failure(action: () => unknown): FileError {
  try {
    action()
  } catch (error) {
    if (error instanceof FileError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Whether two identities may be of one file. A birth time of 0 is one that is not known. */
function agree(a: FileIdentity, b: FileIdentity): boolean {
  if (a.dev !== b.dev || a.ino !== b.ino) return false
  return a.birthMs === b.birthMs || a.birthMs === 0 || b.birthMs === 0
}

/** What every `WritableFiles` has to do. */
export function filesSuite(name: string, make: () => FilesWorld): void {
  describe(`${name} as files`, () => {
    let world: FilesWorld
    let files: WritableFiles
    const at = (path: string) => `${world.folder}/${path}`

    beforeEach(() => {
      world = make()
      files = world.files
    })
    afterEach(() => world.dispose())

    const content = (path: string) => {
      const handle = files.open(path)
      if (!handle) return undefined
      try {
        return text(handle.read(0, handle.stat().size + 1))
      } finally {
        handle.close()
      }
    }

    describe('looking', () => {
      it('has nothing for what is missing, also below a file', () => {
        world.write(at('file'), 'x')
        for (const path of [at('missing'), at('missing/below'), at('file/below')]) {
          expect(files.stat(path)).toBeUndefined()
          expect(files.list(path)).toBeUndefined()
          expect(files.open(path)).toBeUndefined()
        }
      })

      it('tells files, folders, links and others apart', () => {
        world.write(at('b-file'), 'four')
        files.makeDirectory(at('a-folder'))
        world.makeLink(at('b-file'), at('d-link'))
        world.makeLink(at('nowhere'), at('c-dangling'))
        world.makePipe?.(at('e-pipe'))
        expect(files.stat(at('a-folder'))?.type).toBe('directory')
        expect(files.stat(at('b-file'))).toMatchObject({ type: 'file', size: 4 })
        expect(files.stat(at('d-link'))?.type).toBe('link')
        expect(files.stat(at('c-dangling'))?.type).toBe('link')
        expect(files.list(world.folder)).toEqual({
          entries: [
            { name: 'a-folder', type: 'directory' },
            { name: 'b-file', type: 'file' },
            { name: 'c-dangling', type: 'link' },
            { name: 'd-link', type: 'link' },
            ...(world.makePipe ? [{ name: 'e-pipe', type: 'other' }] : []),
          ],
          unrepresentable: [],
        })
      })

      it('sorts by code units, and lists an empty folder as empty', () => {
        files.makeDirectory(at('empty'))
        const names = ['b', 'B', 'a10', 'a2', 'é', '日本', '.hidden', '\uFFFD', '😀']
        for (const one of names) world.write(at(one), '')
        expect(files.list(world.folder)?.entries.map((entry) => entry.name)).toEqual(
          [...names, 'empty'].toSorted(),
        )
        expect(files.list(at('empty'))).toEqual({ entries: [], unrepresentable: [] })
      })

      it('does not list a file, nor a folder behind a link', () => {
        files.makeDirectory(at('folder'))
        world.write(at('folder/inside'), 'x')
        world.makeLink(at('folder'), at('link'))
        expect(files.list(at('folder/inside'))).toBeUndefined()
        expect(files.list(at('link'))).toBeUndefined()
      })

      it('opens regular files only, and never hangs', () => {
        files.makeDirectory(at('folder'))
        world.write(at('file'), 'x')
        world.makeLink(at('file'), at('link'))
        world.makePipe?.(at('pipe'))
        for (const path of ['folder', 'link', 'pipe']) expect(files.open(at(path))).toBeUndefined()
        expect(content(at('file'))).toBe('x')
      })

      it('reports a name that is no UTF-8 and lists the others', (context) => {
        if (!world.makeUndecodable) {
          context.skip()
          return
        }
        world.write(at('good'), 'x')
        const reported = world.makeUndecodable(world.folder)
        expect(files.list(world.folder)).toEqual({
          entries: [{ name: 'good', type: 'file' }],
          unrepresentable: [reported],
        })
      })

      it('throws the code where it may not read', (context) => {
        if (!world.withoutPermission) {
          context.skip()
          return
        }
        world.write(at('file'), 'x')
        files.makeDirectory(at('folder'))
        world.write(at('folder/inside'), 'x')
        world.withoutPermission(at('file'), () => {
          expect(files.stat(at('file'))?.type).toBe('file')
          expect(failure(() => files.open(at('file')))).toMatchObject({ code: 'EACCES', path: at('file') })
        })
        world.withoutPermission(at('folder'), () => {
          expect(failure(() => files.list(at('folder'))).code).toBe('EACCES')
          expect(failure(() => files.stat(at('folder/inside'))).code).toBe('EACCES')
        })
      })
    })

    describe('reading', () => {
      it('reads ranges, shorter at the end, nothing after it', () => {
        world.write(at('file'), '0123456789')
        const handle = files.open(at('file'))!
        expect(text(handle.read(0, 4))).toBe('0123')
        expect(text(handle.read(8, 100))).toBe('89')
        expect(text(handle.read(10, 5))).toBe('')
        expect(text(handle.read(99, 5))).toBe('')
        expect(text(handle.read(3, 0))).toBe('')
        world.append(at('file'), 'ab')
        expect(text(handle.read(9, 100))).toBe('9ab')
        world.truncate(at('file'), 2)
        expect(text(handle.read(0, 100))).toBe('01')
        expect(handle.stat().size).toBe(2)
        handle.close()
      })

      it('gives bytes that later reads leave alone', () => {
        world.write(at('file'), 'abcdef')
        const handle = files.open(at('file'))!
        const first = handle.read(0, 3)
        handle.read(3, 3)
        expect(text(first)).toBe('abc')
        handle.close()
      })

      it('stays with the file through rename, replacement and removal', () => {
        world.write(at('file'), 'old')
        const handle = files.open(at('file'))!
        files.rename(at('file'), at('moved'))
        world.write(at('file'), 'new one')
        world.append(at('moved'), 'er')
        expect(text(handle.read(0, 100))).toBe('older')
        files.remove(at('moved'))
        expect(text(handle.read(0, 100))).toBe('older')
        handle.close()
        handle.close()
      })
    })

    describe('identity', () => {
      it('follows a file through append and rename, and is the same by stat and by handle', () => {
        world.write(at('file'), 'x')
        const before = files.stat(at('file'))!.identity
        world.append(at('file'), 'y')
        files.rename(at('file'), at('moved'))
        expect(agree(files.stat(at('moved'))!.identity, before)).toBe(true)
        const handle = files.open(at('moved'))!
        expect(handle.stat()).toEqual(files.stat(at('moved')))
        handle.close()
      })

      it('is shared by hard links and differs between files', () => {
        world.write(at('one'), 'x')
        world.write(at('two'), 'x')
        world.makeHardLink(at('one'), at('same'))
        const { ino } = files.stat(at('one'))!.identity
        expect(files.stat(at('same'))!.identity.ino).toBe(ino)
        expect(files.stat(at('two'))!.identity.ino).not.toBe(ino)
      })
    })

    describe('writing', () => {
      const create = (path: string, chunks: Iterable<Uint8Array>, mode?: number): void => {
        const file = files.create(path, mode)
        try {
          for (const chunk of chunks) file.write(chunk)
          file.finish()
        } catch (error) {
          file.abandon()
          throw error
        }
      }

      it('creates a private file of all chunks', () => {
        create(at('file'), [bytes('one '), bytes(''), bytes('two')])
        expect(content(at('file'))).toBe('one two')
        expect(files.stat(at('file'))!.mode).toBe(0o600)
        create(at('shared'), [], 0o664)
        expect(files.stat(at('shared'))).toMatchObject({ mode: 0o664, size: 0 })
      })

      it('creates nothing where something is, be it a dangling link', () => {
        world.write(at('file'), 'mine')
        world.makeLink(at('nowhere'), at('link'))
        for (const path of ['file', 'link']) {
          expect(failure(() => create(at(path), [bytes('x')])).code).toBe('EEXIST')
        }
        expect(content(at('file'))).toBe('mine')
        expect(files.stat(at('nowhere'))).toBeUndefined()
        expect(files.stat(at('link'))?.type).toBe('link')
        expect(failure(() => create(at('missing/file'), [])).code).toBe('ENOENT')
      })

      it('leaves nothing behind when the content breaks off', () => {
        function* broken(): Generator<Uint8Array> {
          yield bytes('half')
          throw new FileError('EIO', 'source')
        }
        expect(failure(() => create(at('file'), broken())).code).toBe('EIO')
        expect(files.stat(at('file'))).toBeUndefined()
        create(at('file'), [bytes('whole')])
        expect(content(at('file'))).toBe('whole')
      })

      it('renames over what is there, a link itself and not its target', () => {
        world.write(at('new'), 'new')
        world.write(at('old'), 'old')
        files.rename(at('new'), at('old'))
        expect(content(at('old'))).toBe('new')
        expect(files.stat(at('new'))).toBeUndefined()
        world.write(at('target'), 'target')
        world.makeLink(at('target'), at('link'))
        files.rename(at('old'), at('link'))
        expect(content(at('link'))).toBe('new')
        expect(content(at('target'))).toBe('target')
        expect(failure(() => files.rename(at('missing'), at('x'))).code).toBe('ENOENT')
      })

      it('makes private folders, as often as asked', () => {
        files.makeDirectory(at('a/b/c'))
        files.makeDirectory(at('a/b/c'))
        for (const path of ['a', 'a/b', 'a/b/c']) {
          expect(files.stat(at(path))).toMatchObject({ type: 'directory', mode: 0o700 })
        }
        world.write(at('file'), 'x')
        expect(failure(() => files.makeDirectory(at('file'))).code).toBe('EEXIST')
        expect(failure(() => files.makeDirectory(at('file/below'))).code).toBe('ENOTDIR')
      })

      it('removes a file or a link, and minds nothing missing', () => {
        world.write(at('file'), 'x')
        world.makeLink(at('file'), at('link'))
        files.remove(at('link'))
        expect(content(at('file'))).toBe('x')
        files.remove(at('file'))
        files.remove(at('file'))
        files.remove(at('no/such'))
        expect(files.list(world.folder)?.entries).toEqual([])
        files.makeDirectory(at('folder'))
        expect(() => files.remove(at('folder'))).toThrow(FileError)
        expect(files.stat(at('folder'))?.type).toBe('directory')
      })
    })
  })
}
