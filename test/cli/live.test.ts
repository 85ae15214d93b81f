import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChangeGroup, changeColumns, changeText } from '../../src/cli/change-group.js'
import { LiveLog } from '../../src/cli/live-log.js'
import { LiveScreen } from '../../src/cli/live-screen.js'
import { plainPaint } from '../../src/cli/paint.js'
import { hostileText, sampleStatus } from './sample-status.js'

const change = (path: string, bytes: number, kind = 'append') => ({ root: 'claude', path, kind, bytes })
const sent = (each: ReturnType<typeof change>): string => JSON.stringify(each)
const done = { files: 1, totalFiles: 4, bytes: 250, totalBytes: 1000 }

describe('a group of changes', () => {
  it('tells each file once, all its bytes, in the order of its last change', () => {
    const group = new ChangeGroup()
    for (const each of [change('a', 1), change('b', 2), change('a', 3)]) group.addLine(sent(each))
    group.addLine('{"skipped":7}')
    expect(group.take()).toEqual({ changes: [change('b', 2), change('a', 4)], skipped: 7 })
    expect(group.take()).toEqual({ changes: [], skipped: 0 })
  })

  it.each(['', 'x', 'null', '{"root":"claude"}'])('refuses %j', (text) => {
    expect(() => new ChangeGroup().addLine(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL' }))
  })

  it.each([
    [change('p/a.jsonl', 1200), 'recorded claude p/a.jsonl +1.2 KB', '+1.2 KB    claude p/a.jsonl'],
    [
      change('p/a.jsonl', 0, 'remove'),
      'recorded the removal of claude p/a.jsonl',
      'removed    claude p/a.jsonl',
    ],
    [change('p/\u001b[2J', 5), 'recorded claude p/\\x1b[2J +5 B', '+5 B       claude p/\\x1b[2J'],
  ])('%j', (each, text, columns) => {
    expect([changeText(each), changeColumns(each)]).toEqual([text, columns])
  })
})

describe('the live status in a pipe', () => {
  function log() {
    const lines: string[] = []
    const clock = { ms: 0 }
    return {
      lines,
      clock,
      view: new LiveLog(
        (line) => lines.push(line),
        () => clock.ms,
      ),
    }
  }

  it('tells the first import by progress and totals, and then each change', () => {
    const { lines, clock, view } = log()
    view.begin({ pid: 7, own: true })
    view.progress(done)
    view.changed([change('a', 1)], 0)
    view.show(sampleStatus())
    clock.ms = 5_000
    view.progress(done)
    view.caughtUp()
    view.changed([change('a', 1)], 0)
    view.show(sampleStatus())
    view.changed([change('a', 2)], 3)
    view.show(sampleStatus())
    expect(lines).toEqual([
      'starting (pid 7)',
      'recording what is there: 250 B of 1.0 KB (25 %), 1 of 4 files',
      'recording on ada: 2 files, 3 events, 4.0 KB',
      'recorded claude a +2 B',
      'recorded 3 more changes',
    ])
  })

  it('sums up what is too much to tell, and tells what is wrong once', () => {
    const { lines, view } = log()
    view.begin({ pid: 7, own: false })
    const suspect = { root: 'claude', path: 's', reason: 'missing', recorded: 5, size: 0, found: '' }
    const status = sampleStatus({ suspects: [suspect] })
    view.show(status)
    view.show(status)
    lines.length = 0
    view.changed(
      Array.from({ length: 13 }, (_, n) => change(`f${n}`, 100)),
      0,
    )
    expect(lines).toHaveLength(11)
    expect(lines.at(-1)).toBe('recorded 3 more files +300 B')
    view.show(status)
    expect(lines).toHaveLength(11)
  })
})

describe('the live status in a terminal', () => {
  function screen(rows = 24) {
    const terminal = { text: '', writes: [] as string[] }
    const write = (text: string): void => void terminal.writes.push(text)
    return { terminal, view: new LiveScreen({ write, rows: () => rows, now: () => 5_000 }, plainPaint) }
  }

  /** What stands on a terminal that understands just what the screen sends. */
  function shown(writes: readonly string[]): string[] {
    const lines = ['']
    let [at, column] = [0, 0]
    for (const token of writes.join('').match(/\u001b\[\??\d*[A-Za-z]|\r|\n|[^\u001b\r\n]+/g) ?? []) {
      const up = /^\u001b\[(\d+)A$/.exec(token)
      const line = (lines[at] ??= '')
      if (up) at -= Number(up[1])
      else if (token === '\n') [at, column] = [at + 1, 0]
      else if (token === '\r') column = 0
      else if (token === '\u001b[K') lines[at] = line.slice(0, column)
      else if (token === '\u001b[J') lines.splice(at, lines.length, line.slice(0, column))
      else if (!token.startsWith('\u001b')) {
        lines[at] = line.slice(0, column) + token + line.slice(column + token.length)
        column += token.length
      }
    }
    return lines
  }

  it('draws the same lines anew, however many there are', () => {
    const { terminal, view } = screen()
    view.begin({ pid: 7, own: true })
    expect(shown(terminal.writes)[0]).toBe('holdfast  starting (pid 7)')
    view.progress(done)
    view.show(sampleStatus())
    for (let n = 0; n < 9; n++) view.changed([change(`f${n}`, 10)])
    view.notice('the disk\u001b[2J is slow')
    view.tick()
    const importing = shown(terminal.writes)
    expect(importing.slice(0, 3)).toEqual([
      'ada  recording (pid 7)',
      '2 files, 3 events, 4.0 KB; last event 4.0 s ago',
      'recording what is there: 250 B of 1.0 KB (25 %), 1 of 4 files',
    ])
    expect(importing.filter((line) => line.includes('claude f'))).toHaveLength(5)
    expect(importing.at(-4)).toBe('the disk\\x1b[2J is slow')
    view.caughtUp()
    view.end()
    const after = shown(terminal.writes)
    expect(after).toEqual(importing.filter((line) => !line.startsWith('recording what is there')))
  })

  it('never draws more lines than the terminal has', () => {
    const { terminal, view } = screen(4)
    view.show(sampleStatus())
    for (let n = 0; n < 5; n++) view.changed([change(`f${n}`, 10)])
    view.tick()
    expect(shown(terminal.writes)).toHaveLength(4)
  })

  it('lets nothing through that a terminal acts on', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (path, message) => {
        const { terminal, view } = screen()
        view.show(sampleStatus({ host: message, problems: [{ code: 'link', root: message, path, message }] }))
        view.changed([change(path, 1, message)])
        view.notice(message)
        view.tick()
        const own = /\u001b\[(?:\d+A|K|J|\?7[lh])|[\r\n]/g
        expect(terminal.writes.join('').replace(own, '')).not.toMatch(/\p{Cc}/u)
      }),
      { numRuns: 50 },
    )
  })
})
