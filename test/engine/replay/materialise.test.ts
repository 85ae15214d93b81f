import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WritableFiles } from '../../../src/engine/ports/files.js'
import { sameAsWritten, staysBelow, writeContent } from '../../../src/engine/replay/materialise.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import { eventKey } from '../../../src/store/keys.js'
import { Workbench } from '../record/workbench.js'

describe('staysBelow', () => {
  it.each(['a', 'a/b.jsonl', '-home-me/..x', '...', 'a/.b', 'ü/ß', ' ', 'ab:c', 'CON/c'])(
    'takes %j anywhere',
    (path) => {
      expect(staysBelow(path, false)).toBe(true)
      expect(staysBelow(path, true)).toBe(true)
    },
  )

  it.each([
    '',
    '.',
    '..',
    '../a',
    'a/../b',
    'a/..',
    './a',
    'a/./b',
    '/etc/passwd',
    'a//b',
    'a/',
    'a\0',
    'a/\0/b',
  ])('refuses %j everywhere', (path) => {
    expect(staysBelow(path, false)).toBe(false)
    expect(staysBelow(path, true)).toBe(false)
  })

  it.each(['\\a', 'a\\..\\b', 'C:/a', 'c:a'])('refuses %j on Windows, where it leads elsewhere', (path) => {
    expect(staysBelow(path, false)).toBe(true)
    expect(staysBelow(path, true)).toBe(false)
  })
})

describe('writeContent and sameAsWritten', () => {
  let bench: Workbench
  let tools: {
    files: WritableFiles
    reader: Workbench['run']['reader']
    hasher: Workbench['storeTools']['hasher']
  }
  beforeEach(async () => {
    bench = await Workbench.make()
    bench.write('a.jsonl', 'one\n')
    await bench.sweep()
    bench.append('a.jsonl', 'two\n')
    await bench.sweep()
    tools = { files: createNodeFiles(), reader: bench.run.reader, hasher: bench.storeTools.hasher }
  })
  afterEach(() => bench.dispose())

  it('write it private, and see each change to it', async () => {
    const { content } = await bench.state('a.jsonl')
    const to = `${bench.folder}/out`
    const written = await writeContent(tools, content, to)
    expect(readFileSync(to, 'utf8')).toBe('one\ntwo\n')
    expect(statSync(to).mode & 0o777).toBe(0o600)
    expect(written).toMatchObject({ bytes: 8, complete: true })
    expect(sameAsWritten(tools, to, written)).toBe(true)
    for (const other of ['', 'one\ntwO\n', 'one\ntwo', 'one\ntwo\n\n']) {
      writeFileSync(to, other)
      expect(sameAsWritten(tools, to, written)).toBe(false)
    }
    expect(sameAsWritten(tools, `${to}-not`, written)).toBe(false)
    await expect(writeContent(tools, content, to)).rejects.toMatchObject({ code: 'EEXIST' })
  })

  it('give the part before the damage, and say so', async () => {
    const { content } = await bench.state('a.jsonl')
    const { log } = bench.run.writer
    await bench.db.batch([{ type: 'del', key: eventKey(log, 1) }], { sync: true })
    const written = await writeContent(tools, content, `${bench.folder}/out`)
    expect(written).toMatchObject({ bytes: 4, complete: false })
    expect(readFileSync(`${bench.folder}/out`, 'utf8')).toBe('one\n')
  })
})
