import {
  appendFileSync,
  existsSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LogFile } from '../../src/daemon/log-file.js'
import { followLines, lastLines } from '../../src/daemon/log-follow.js'
import { readableLogLine } from '../../src/daemon/log-lines.js'
import { temporaryFolder } from './temporary-home.js'

describe('LogFile', () => {
  it('keeps a bounded number of bounded, private files, and the newest lines', () => {
    const file = join(temporaryFolder(), 'log')
    const log = new LogFile(file, { maxBytes: 100, maxFiles: 3 })
    for (let i = 0; i < 50; i++) log.write(`line number ${String(i).padStart(3, '0')}\n`)
    log.close()
    const files = [file, `${file}.1`, `${file}.2`]
    for (const each of files) {
      expect(statSync(each).size).toBeLessThanOrEqual(100)
      expect(statSync(each).mode & 0o777).toBe(0o600)
    }
    expect(existsSync(`${file}.3`)).toBe(false)
    const text = files
      .toReversed()
      .map((each) => readFileSync(each, 'utf8'))
      .join('')
    const numbers = [...text.matchAll(/\d+/g)].map(([number]) => Number(number))
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => 50 - numbers.length + i))
    expect(numbers.length).toBeGreaterThan(6)
  })

  it('goes on with the file that is there', () => {
    const file = join(temporaryFolder(), 'log')
    for (const line of ['one\n', 'two\n']) {
      const log = new LogFile(file)
      log.write(line)
      log.close()
    }
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n')
  })
})

describe('lastLines', () => {
  it('gives complete lines, from the rotated file where need be', () => {
    const file = join(temporaryFolder(), 'log')
    expect(lastLines(file, 5)).toEqual([])
    writeFileSync(`${file}.1`, 'a\nb\n')
    writeFileSync(file, 'c\nd\nunfinished')
    expect(lastLines(file, 1)).toEqual(['d'])
    expect(lastLines(file, 3)).toEqual(['b', 'c', 'd'])
    expect(lastLines(file, 0)).toEqual([])
    expect(lastLines(file, 9, 2)).toEqual(['d'])
  })
})

describe('followLines', () => {
  it('gives every line once, through a rotation and a cut, whole characters only', async () => {
    const file = join(temporaryFolder(), 'log')
    writeFileSync(file, 'old\nlast\n')
    const abort = new AbortController()
    const seen: string[] = []
    const steps: Record<string, () => void> = {
      last: () => {
        const split = Buffer.from('é\n')
        appendFileSync(file, split.subarray(0, 1))
        setTimeout(() => appendFileSync(file, Buffer.concat([split.subarray(1), Buffer.from('x\n')])), 250)
      },
      x: () => {
        // Later, while the follower waits: it must still read the end of the file that it has open.
        setTimeout(() => {
          appendFileSync(file, 'before\n')
          renameSync(file, `${file}.1`)
          writeFileSync(file, 'after the rotation\n')
        }, 50)
      },
      'after the rotation': () => {
        truncateSync(file)
        appendFileSync(file, 'cut\n')
      },
      cut: () => abort.abort(),
    }
    for await (const line of followLines(file, 1, abort.signal)) {
      seen.push(line)
      steps[line]?.()
    }
    expect(seen).toEqual(['last', 'é', 'x', 'before', 'after the rotation', 'cut'])
  })

  it('waits for a file that is not there yet', async () => {
    const file = join(temporaryFolder(), 'log')
    setTimeout(() => writeFileSync(file, 'first\n'), 20)
    const abort = new AbortController()
    for await (const line of followLines(file, 10, abort.signal)) {
      expect(line).toBe('first')
      abort.abort()
    }
  })
})

describe('readableLogLine', () => {
  it.each([
    [
      '{"level":30,"time":0,"msg":"ready","pid":7,"files":2,"name":"a b"}',
      '1970-01-01T00:00:00.000Z info  ready pid=7 files=2 name=a b',
    ],
    [
      '{"level":50,"time":0,"msg":"failed","err":{"code":"DISK_FULL","message":"no space","stack":"at x"}}',
      '1970-01-01T00:00:00.000Z error failed (DISK_FULL no space)',
    ],
    [
      '{"level":50,"time":0,"err":{"message":"x","stack":"Error: x\\n    at y"}}',
      '1970-01-01T00:00:00.000Z error \nError: x\n    at y',
    ],
    ['Error: plain', 'Error: plain'],
    ['{"torn', '{"torn'],
    ['{"a":1}', '{"a":1}'],
    ['{"level":30,"time":1e300,"msg":"m"}', '1e+300 info  m'],
  ])('%s', (line, readable) => {
    expect(readableLogLine(line)).toBe(readable)
  })
})
