import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { arrival } from '../../bench/latency-arrival.js'
import { lineBytes, LineWriter } from '../../bench/sync-lines.js'
import { PeakMemory } from '../../bench/sync-memory.js'
import { isBuilt } from '../../bench/sync-program.js'
import { sideBySide, stopAll } from '../../bench/sync-result.js'
import { endLines, sameFiles, sameSessions, sessionFiles } from '../../bench/sync-trees.js'
import { startWireCount, WireSamples, wireSince } from '../../bench/wire-count.js'

const session = '.claude/projects/-home-ada-shop/s1.jsonl'
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-sync-parts-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function place(name: string, files: Readonly<Record<string, string>>): string {
  const base = join(folder, name)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(base, path, '..'), { recursive: true })
    writeFileSync(join(base, path), text)
  }
  return base
}

describe('comparing two ends', () => {
  it('gives one digest for equal files and leaves out what Holdfast keeps beside them', () => {
    const near = place('near', { 'a/x': '1\n', 'b/.holdfast-owner': 'near', '.holdfast-kept/old': '' })
    const far = place('far', { 'a/x': '1\n', 'b/.holdfast-owner': 'far' })
    expect(sessionFiles(near)).toEqual(['a/x'])
    expect(sameSessions(near, far)).toMatch(/^[0-9a-f]{64}$/)
  })

  it.each([
    ['another byte', { 'a/x': '2\n' }],
    ['a missing file', {}],
    ['a further file', { 'a/x': '1\n', 'a/y': '' }],
    ['another name', { 'a/z': '1\n' }],
  ])('refuses %s', (_what, files) => {
    const near = place('near', { 'a/x': '1\n', 'a/w': 'same' })
    const far = place('far', { ...files, 'a/w': 'same' })
    expect(() => sameSessions(near, far)).toThrow('differ at the far end')
    expect(() => sameSessions(far, near)).toThrow('differ at the far end')
  })

  it('refuses one changed file of those asked for', () => {
    const near = place('near', { x: '1', y: '2' })
    const far = place('far', { x: '1', y: '3' })
    expect(() => sameFiles(near, far, ['x'])).not.toThrow()
    expect(() => sameFiles(near, far, ['x', 'y'])).toThrow('y differs')
  })
})

describe('endLines', () => {
  it('ends a torn last line, and keeps the time and what is whole', () => {
    const base = place('near', {
      'a.jsonl': '{"a":1}\n{"b"',
      'b.jsonl': '{}\n',
      'c.json': '{}',
      'd.jsonl': '',
    })
    utimesSync(join(base, 'a.jsonl'), 1_000_000, 1_000_000)
    endLines(base)
    const texts = sessionFiles(base).map((path) => readFileSync(join(base, path), 'utf8'))
    expect(texts).toEqual(['{"a":1}\n{"b"\n', '{}\n', '{}', ''])
    expect(statSync(join(base, 'a.jsonl')).mtimeMs).toBe(1_000_000_000)
  })
})

describe('LineWriter', () => {
  it('appends whole lines of one length, and the same ones for the same seed', () => {
    const [one, other] = ['one', 'other'].map((name) => place(name, { [session]: '{}\n' })) as [
      string,
      string,
    ]
    const [first] = [one, other].map((base) => {
      const lines = new LineWriter(base, 3)
      lines.append()
      return lines.append()
    })
    expect(sameSessions(one, other)).toBeDefined()
    const text = readFileSync(join(one, session), 'utf8')
    expect(first).toMatchObject({ path: session, size: Buffer.byteLength(text) })
    const [, a = '', b = ''] = text.split('\n')
    expect([a, b].map((line) => Math.abs(Buffer.byteLength(line) + 1 - lineBytes) < 64)).toEqual([true, true])
    expect((JSON.parse(a) as { uuid: string }).uuid).not.toBe((JSON.parse(b) as { uuid: string }).uuid)
  })
})

describe('arrival', () => {
  it('waits for the length, not for the first change', async () => {
    const far = place('far', { [session]: '' })
    const size = 8
    const waiting = arrival(far, { path: session, size, atMs: performance.now() })
    writeFileSync(join(far, session), 'half')
    const early = await Promise.race([waiting, sleep(30).then(() => 'not yet')])
    expect(early).toBe('not yet')
    writeFileSync(join(far, session), 'all of it')
    expect(await waiting).toBeGreaterThan(0)
  })
})

describe('the count of bytes on the wire', () => {
  it('counts each way exactly, and passes on all bytes and both ends', async () => {
    const echo = await listening(
      createServer({ allowHalfOpen: true }, (socket) => {
        let got = 0
        socket.on('data', (chunk: Buffer) => (got += chunk.length))
        socket.on('end', () => socket.end('x'.repeat(got * 2)))
      }),
    )
    const wire = await startWireCount((echo.address() as AddressInfo).port)
    try {
      const before = wire.bytes
      expect(await exchange(wire.port, 'y'.repeat(100_000))).toBe(200_000)
      expect(wireSince(before, wire.bytes)).toEqual({ out: 100_000, back: 200_000 })
    } finally {
      await wire.close()
      await new Promise((resolve) => echo.close(resolve))
    }
  })

  it('sums up rounds without the first', () => {
    const samples = new WireSamples()
    for (const out of [999, 1, 3, 2]) samples.add({ out, back: 10 * out })
    expect(samples.figures).toEqual({ outBytes: 2, backBytes: 20, maxBytes: 33 })
  })
})

describe('PeakMemory', () => {
  it.runIf(process.platform === 'linux')('finds what a child of a shell took', async () => {
    const script = 'const b = Buffer.alloc(120e6, 1); setTimeout(() => b.length, 300)'
    const child = spawn('sh', ['-c', `${process.execPath} -e '${script}'; true`], { stdio: 'ignore' })
    const memory = new PeakMemory(child.pid ?? 0)
    await new Promise((resolve) => child.once('close', resolve))
    expect(memory.stop()).toBeGreaterThan(120)
  })
})

describe('sideBySide', () => {
  const a = { name: 'a', times: [2, 4, 6], digest: 'same' }
  it('compares medians, and gives percentiles where there are enough', () => {
    const times = Array.from({ length: 100 }, (_, at) => at + 1)
    const { contenders, ratio, rounds } = sideBySide('x', a, { name: 'b', times, digest: 'same' })
    expect(ratio.median).toBe(50.5 / 4)
    expect(rounds).toBe(3)
    expect(contenders.map(({ figures }) => figures)).toEqual([{}, { p95Ms: 95, p99Ms: 99 }])
  })

  it('refuses results that differ, unless they may, and no times at all', () => {
    const b = { ...a, digest: 'other' }
    expect(() => sideBySide('x', a, b)).toThrow('a came to same, a to other')
    expect(() => sideBySide('x', a, b, { sameResult: false })).not.toThrow()
    expect(() => sideBySide('x', a, { ...a, times: [] })).toThrow('no times')
  })
})

describe('isBuilt', () => {
  it('asks for a younger compiled file of every source file', () => {
    const files = { 'src/a.ts': '', 'src/b/c.ts': '', 'dist/a.js': '', 'dist/b/c.js': '' }
    const base = place('checkout', files)
    for (const path of Object.keys(files)) {
      const seconds = path.startsWith('src') ? 100 : 200
      utimesSync(join(base, path), seconds, seconds)
    }
    expect(isBuilt(base)).toBe(true)
    utimesSync(join(base, 'src/b/c.ts'), 300, 300)
    expect(isBuilt(base)).toBe(false)
    utimesSync(join(base, 'src/b/c.ts'), 100, 100)
    rmSync(join(base, 'dist/a.js'))
    expect(isBuilt(base)).toBe(false)
  })
})

describe('stopAll', () => {
  it('stops every one, and tells of the one that failed', async () => {
    const stopped: string[] = []
    const lane = (name: string, fails = false) => ({
      stop: () => {
        stopped.push(name)
        return fails ? Promise.reject(new Error(`${name} differs`)) : Promise.resolve(name)
      },
    })
    expect(await stopAll([lane('a'), lane('b')])).toEqual(['a', 'b'])
    await expect(stopAll([lane('c', true), lane('d')])).rejects.toThrow('c differs')
    expect(stopped).toEqual(['a', 'b', 'c', 'd'])
  })
})

function listening(server: Server): Promise<Server> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** Sends all and ends; gives the number of bytes that came back. */
function exchange(port: number, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(text))
    let got = 0
    socket.on('data', (chunk: Buffer) => (got += chunk.length))
    socket.on('end', () => resolve(got))
    socket.on('error', reject)
  })
}
