import { describe, expect, it } from 'vitest'
import type { LogInfo, LogReader } from '../../../src/engine/ports/log.js'
import { parseWhen } from '../../../src/engine/replay/when.js'

const nowMs = Date.parse('2026-06-01T12:00:00Z')
const info = (log: string, hostName: string, events: number): LogInfo => ({
  log: log.padEnd(32, '0'),
  host: 'a'.repeat(32),
  hostName,
  writing: false,
  events,
  bytes: 0,
  chain: new Uint8Array(32),
  last: null,
  lost: [],
})
const logs = [
  info('abcdef12', 'mill', 10),
  info('bcd00000', 'two', 3),
  info('bcd11111', 'two', 4),
  info('c', 'a@b', 2),
]
const reader = { logs: () => logs } as unknown as LogReader
const most = Number.MAX_SAFE_INTEGER

describe('parseWhen', () => {
  it.each([
    ['mill@0', 'abcdef12', 0],
    ['mill@10', 'abcdef12', 10],
    ['abcdef@7', 'abcdef12', 7],
    ['bcd000@3', 'bcd00000', 3],
    ['a@b@2', 'c', 2],
  ])('%s', (text, log, events) => {
    expect(parseWhen(text, reader, nowMs)).toEqual({ log: log.padEnd(32, '0'), until: { events } })
  })

  it.each([
    ['2026-06-01T11:00:00Z', -3600e3],
    ['2026-06-01T13:00:00+02:00', -3600e3],
    ['2026-06-01', -12 * 3600e3],
    ['2h', -2 * 3600e3],
    ['90s', -90e3],
    ['1.5m', -90e3],
    ['1d', -86_400e3],
    ['2w', -2 * 7 * 86_400e3],
    ['0s', 0],
  ])('%s', (text, ago) => {
    expect(parseWhen(text, reader, nowMs)).toEqual({
      log: null,
      until: { time: { ms: nowMs + ago, counter: most } },
    })
  })

  it.each([
    ['mill@11', 'WHEN_INVALID'],
    ['mill@', 'WHEN_INVALID'],
    ['mill@-1', 'WHEN_INVALID'],
    ['mill@1.5', 'WHEN_INVALID'],
    ['mill@1e1', 'WHEN_INVALID'],
    ['two@1', 'WHEN_INVALID'],
    ['bcd@1', 'HOST_UNKNOWN'],
    ['bcd000000000000000000000000000000000@1', 'HOST_UNKNOWN'],
    ['nobody@1', 'HOST_UNKNOWN'],
    ['@1', 'WHEN_INVALID'],
    ['', 'WHEN_INVALID'],
    ['2', 'WHEN_INVALID'],
    ['-2h', 'WHEN_INVALID'],
    ['2y', 'WHEN_INVALID'],
    ['yesterday', 'WHEN_INVALID'],
    ['2026-13-40', 'WHEN_INVALID'],
  ])('%s is refused: %s', (text, code) => {
    expect(() => parseWhen(text, reader, nowMs)).toThrow(expect.objectContaining({ code }))
  })
})
