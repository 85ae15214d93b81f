import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findHome } from '../../src/daemon/home.js'
import { prepareHome, preparePrivateFolder, requirePrivateFolder } from '../../src/daemon/private-folder.js'
import { checkedSocketPath, socketPathMaxBytes, socketPlace } from '../../src/daemon/socket-path.js'
import { temporaryFolder, temporaryHome } from './temporary-home.js'

const isRoot = process.getuid?.() === 0
const nobody = 65534
const mode = (path: string): number => statSync(path).mode & 0o777
const notPrivate = expect.objectContaining({ code: 'NOT_PRIVATE' })

/** Runs a check of the built code as a user without rights, and gives the code of what it throws. */
function asNobody(code: string): string {
  const folder = new URL('../../src/daemon/', import.meta.url).pathname
  const script = `process.setgid(${nobody}); process.setuid(${nobody}); try { ${code}; console.log('ok') } catch (error) { console.log(error.code) }`
  const loader = `const { preparePrivateFolder, requirePrivateFolder } = await import('${folder}private-folder.ts'); ${script}`
  return execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', loader], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  }).trim()
}

describe('prepareHome', () => {
  it('makes everything private, and changes nothing the second time', () => {
    const home = temporaryHome()
    const mask = process.umask(0)
    try {
      expect(prepareHome(home)).toEqual([])
    } finally {
      process.umask(mask)
    }
    for (const folder of home.folders) expect(mode(folder)).toBe(0o700)
    expect(prepareHome(home)).toEqual([])
  })

  it('tightens what is ours and open, and says so', () => {
    const home = temporaryHome()
    prepareHome(home)
    chmodSync(home.storeFolder, 0o755)
    writeFileSync(home.configFile, '')
    chmodSync(home.configFile, 0o644)
    expect(prepareHome(home)).toEqual([
      expect.stringContaining(home.storeFolder),
      expect.stringContaining(home.configFile),
    ])
    expect([mode(home.storeFolder), mode(home.configFile)]).toEqual([0o700, 0o600])
  })

  it.runIf(isRoot)('refuses what belongs to somebody else', () => {
    const home = temporaryHome()
    prepareHome(home)
    chownSync(home.storeFolder, nobody, nobody)
    expect(() => prepareHome(home)).toThrow(notPrivate)
    expect(statSync(home.storeFolder).uid).toBe(nobody)
  })

  it('names a file in the place of a folder', () => {
    const home = temporaryHome()
    mkdirSync(dirname(dirname(home.storeFolder)), { recursive: true })
    writeFileSync(dirname(home.storeFolder), '')
    expect(() => prepareHome(home)).toThrow(expect.objectContaining({ code: 'NOT_WRITABLE' }))
  })
})

describe.runIf(isRoot)('as a user without rights', () => {
  it('refuses a folder of another user, one it cannot write to, and makes its own', () => {
    const folder = temporaryFolder()
    chmodSync(folder, 0o755)
    mkdirSync(join(folder, 'shut'), { mode: 0o755 })
    mkdirSync(join(folder, 'own'))
    chownSync(join(folder, 'own'), nobody, nobody)
    expect(asNobody(`preparePrivateFolder('${folder}/shut')`)).toBe('NOT_PRIVATE')
    expect(asNobody(`preparePrivateFolder('${folder}/shut/new')`)).toBe('NOT_WRITABLE')
    expect(asNobody(`preparePrivateFolder('${folder}/own/new')`)).toBe('ok')
    expect(mode(join(folder, 'own/new'))).toBe(0o700)
  })
})

describe('requirePrivateFolder', () => {
  it('makes a private folder, and takes it again', () => {
    const folder = join(temporaryFolder(), 'f')
    requirePrivateFolder(folder)
    expect(mode(folder)).toBe(0o700)
    requirePrivateFolder(folder)
  })

  it('refuses a link, a file, an open folder and somebody else’s, and mends nothing', () => {
    const base = temporaryFolder()
    mkdirSync(join(base, 'open'))
    chmodSync(join(base, 'open'), 0o755)
    mkdirSync(join(base, 'real'), { mode: 0o700 })
    symlinkSync(join(base, 'real'), join(base, 'link'))
    writeFileSync(join(base, 'file'), '')
    for (const name of ['open', 'link', 'file'])
      expect(() => requirePrivateFolder(join(base, name)), name).toThrow(notPrivate)
    expect(mode(join(base, 'open'))).toBe(0o755)
    if (!isRoot) return
    chownSync(join(base, 'real'), nobody, nobody)
    expect(() => requirePrivateFolder(join(base, 'real'))).toThrow(notPrivate)
  })
})

describe('socketPlace', () => {
  const deep = findHome({ HOLDFAST_HOME: `/${'deep/'.repeat(30)}` })
  const uid = process.getuid?.() ?? 0

  it('stands in the home where the path is short enough, to the byte', () => {
    const folder = (bytes: number): string => `/${'x'.repeat(bytes - '/run/holdfast.sock'.length - 1)}`
    const at = socketPlace(findHome({ HOLDFAST_HOME: folder(socketPathMaxBytes) }), {}, 'linux')
    expect([at.folder, Buffer.byteLength(at.path)]).toEqual([null, socketPathMaxBytes])
    expect(
      socketPlace(findHome({ HOLDFAST_HOME: folder(socketPathMaxBytes + 1) }), {}, 'linux').folder,
    ).not.toBeNull()
  })

  it('stands in a private folder of the runtime or temporary folder else, one for each home', () => {
    expect(socketPlace(deep, { XDG_RUNTIME_DIR: '/run/user/7' }, 'linux').folder).toBe(
      `/run/user/7/holdfast-${uid}`,
    )
    const place = socketPlace(deep, {}, 'linux')
    expect(place.folder).toBe(join(tmpdir(), `holdfast-${uid}`))
    expect(Buffer.byteLength(place.path)).toBeLessThanOrEqual(socketPathMaxBytes)
    const other = findHome({ HOLDFAST_HOME: `/${'deep/'.repeat(31)}` })
    expect(basename(socketPlace(other, {}, 'linux').path)).not.toBe(basename(place.path))
    expect(socketPlace(deep, {}, 'win32').path).toMatch(/^\\\\\.\\pipe\\holdfast-[0-9a-f]{24}$/)
  })

  it('passes over a runtime folder that is too deep itself', () => {
    const place = socketPlace(deep, { XDG_RUNTIME_DIR: `/${'y'.repeat(100)}` }, 'linux')
    expect(place.folder).toBe(join(tmpdir(), `holdfast-${uid}`))
  })

  it('refuses a folder that somebody prepared, and anything but a socket of ours', async () => {
    const base = temporaryFolder()
    const place = socketPlace(deep, { XDG_RUNTIME_DIR: base }, 'linux')
    mkdirSync(place.folder as string)
    chmodSync(place.folder as string, 0o777)
    expect(() => checkedSocketPath(place)).toThrow(notPrivate)
    chmodSync(place.folder as string, 0o700)
    expect(checkedSocketPath(place)).toBe(place.path)
    writeFileSync(place.path, '')
    expect(() => checkedSocketPath(place)).toThrow(notPrivate)
    if (!isRoot) return
    const socket = join(base, 'theirs')
    const server = createServer().listen(socket)
    await new Promise((resolve) => server.once('listening', resolve))
    chownSync(socket, nobody, nobody)
    expect(() => checkedSocketPath({ path: socket, folder: null })).toThrow(notPrivate)
    server.close()
  })
})

describe('preparePrivateFolder', () => {
  it('takes a link that the user put there', () => {
    const base = temporaryFolder()
    mkdirSync(join(base, 'real'), { mode: 0o700 })
    symlinkSync(join(base, 'real'), join(base, 'link'))
    expect(preparePrivateFolder(join(base, 'link'))).toEqual([])
  })
})
