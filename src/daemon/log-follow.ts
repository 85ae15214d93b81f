import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { StringDecoder } from 'node:string_decoder'

/** How often a followed file is looked at, in ms. */
const pollEveryMs = 200

/** The most bytes of the end of a log that are looked through for its last lines. */
const tailMaxBytes = 4 * 1024 * 1024

/**
 * The last `count` complete lines of a log, oldest first, from the file it was rotated to where need be.
 * With `since`, a size of the file in bytes, only what came after it had that size.
 */
export function lastLines(file: string, count: number, since = 0): string[] {
  const lines = endOf(file, count, since).lines
  if (lines.length >= count || since > 0) return lines
  return [...endOf(`${file}.1`, count - lines.length).lines, ...lines]
}

/**
 * The last `count` lines, then every line that is appended, through rotations, until the signal aborts: none lost,
 * none twice. Waits for the file where it is not there yet.
 */
export async function* followLines(file: string, count: number, signal: AbortSignal): AsyncGenerator<string> {
  let handle = openIfThere(file)
  try {
    let { lines, end } = handle === undefined ? { lines: [], end: 0 } : endOfHandle(handle, count)
    if (lines.length < count) yield* endOf(`${file}.1`, count - lines.length).lines
    yield* lines
    let decoder = new StringDecoder('utf8')
    let partial = ''
    while (!signal.aborted) {
      // Asked before the rest is read: what was written up to a rotation is then read before the file is left.
      const replaced = isReplaced(file, handle, end)
      if (handle !== undefined) {
        const chunk = Buffer.alloc(64 * 1024)
        for (let read; (read = readSync(handle, chunk, 0, chunk.length, end)) > 0; end += read) {
          lines = (partial + decoder.write(chunk.subarray(0, read))).split('\n')
          partial = lines.pop() ?? ''
          yield* lines
        }
      }
      if (replaced) {
        if (handle !== undefined) closeSync(handle)
        handle = openIfThere(file)
        end = 0
        decoder = new StringDecoder('utf8')
        partial = ''
      } else await sleep(pollEveryMs, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

interface End {
  readonly lines: string[]
  /** The position after the last complete line, in bytes. */
  readonly end: number
}

function endOf(file: string, count: number, since = 0): End {
  const handle = openIfThere(file)
  if (handle === undefined) return { lines: [], end: 0 }
  try {
    return endOfHandle(handle, count, since)
  } finally {
    closeSync(handle)
  }
}

function endOfHandle(handle: number, count: number, since = 0): End {
  const { size } = fstatSync(handle)
  const first = since > size ? 0 : since
  const from = Math.max(first, size - tailMaxBytes)
  const bytes = readBytes(handle, from, size - from)
  const complete = bytes.lastIndexOf(0x0a) + 1
  const lines = bytes.toString('utf8', 0, complete).split('\n')
  lines.pop()
  // The first line may have lost its beginning to the bound.
  if (from > first) lines.shift()
  return { lines: count > 0 ? lines.slice(-count) : [], end: from + complete }
}

/** Whether the path leads to another file than the one that is open, or that one was cut. */
function isReplaced(file: string, handle: number | undefined, position: number): boolean {
  const now = statSync(file, { throwIfNoEntry: false })
  if (handle === undefined) return now !== undefined
  const then = fstatSync(handle)
  if (now === undefined) return false
  return now.ino !== then.ino || now.dev !== then.dev || then.size < position
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function readBytes(handle: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let filled = 0
  for (let read; filled < length; filled += read) {
    read = readSync(handle, bytes, filled, length - filled, from + filled)
    if (read === 0) break
  }
  return bytes.subarray(0, filled)
}
