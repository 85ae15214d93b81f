import type { FileFacts } from '../src/engine/core/event.js'
import { createStreamView, type StreamView } from '../src/engine/core/merge/stream-view.js'
import type { StreamEvent } from '../src/engine/core/merge/types.js'
import { mergeFormatOf } from '../src/engine/formats/rules-merge.js'
import { SeededRandom } from '../test/fixtures-gen/random.js'
import { type BenchOptions, type BenchResult, compare } from './harness.js'

const format = mergeFormatOf('claude', '-p/s.jsonl')
const file: FileFacts = { root: 'r', format: 'claude', path: 'p', home: '/h', cwd: null }

/** Appends of one line each. `fork`: two hosts in turn, neither knowing the other; else one that the other follows. */
function events(lines: number, fork: boolean, copies: boolean): StreamEvent[] {
  const random = new SeededRandom(`merge ${lines}`)
  const made: StreamEvent[] = []
  const position = [0, 0]
  const offset = [0, 0]
  const add = (host: number, text: string): void => {
    const bytes = Buffer.from(text)
    const log = `log${host}`
    const time = { ms: made.length, counter: 0 }
    const body = { kind: 'append' as const, file, epoch: 0, position: position[host] ?? 0, bytes }
    made.push({
      event: { log, offset: offset[host] ?? 0, time, parents: [], body },
      digest: random.hex(64),
      host: log,
    })
    offset[host] = (offset[host] ?? 0) + 1
    position[host] = (position[host] ?? 0) + bytes.length
  }
  const start = `{"uuid":"start"}\n`
  add(0, start)
  if (fork || copies) add(1, start)
  for (let at = 0; at < lines; at++) {
    const text = `{"uuid":"${random.uuid()}","n":${at},"text":"${random.hex(200)}"}\n`
    add(fork ? at % 2 : 0, text)
    if (copies) add(1, text)
  }
  return made
}

function load(made: readonly StreamEvent[]): StreamView {
  const view = createStreamView(format)
  for (const event of made) view.add(event)
  view.view()
  view.conflicts()
  return view
}

/** One event more, and what a mirror asks for it: the heads, and the bytes that are new. */
function follow(view: StreamView, more: readonly StreamEvent[]): number {
  let bytes = 0
  let before = view.view().text.length
  for (const event of more) {
    const stamp = view.stamp()
    view.add(event)
    const from = Math.min(view.unchangedSince(stamp), before)
    const { text, heads } = view.view()
    bytes += view.read(text.slice(from)).length + heads.length
    before = text.length
  }
  return bytes
}

/**
 * Following a stream event by event when it is long, against the same when it is short: a ratio near 1 says that an
 * event costs what it adds. `compare` alternates both, so each round follows other events of the same streams.
 */
export async function run({ tiny }: BenchOptions): Promise<readonly BenchResult[]> {
  const [short, long, batch, rounds] = tiny ? [200, 400, 20, 2] : [1_000, 100_000, 500, 7]
  const results: BenchResult[] = []
  for (const [name, fork, copies] of [
    ['one writer', false, false],
    ['two branches apart', true, false],
    ['two equal copies', false, true],
  ] as const) {
    const more = batch * (rounds + 1) * (copies ? 2 : 1)
    const lane = (lines: number): { name: string; run: () => number; digest: (bytes: number) => string } => {
      const made = events(lines + batch * (rounds + 1), fork, copies)
      const heap = heapUsed()
      const view = load(made.slice(0, made.length - more))
      const perLine = Math.round((heapUsed() - heap) / lines)
      let at = made.length - more
      const label = `${lines} lines${tiny ? '' : ` (${perLine} bytes of heap a line)`}`
      return {
        name: label,
        run: () => {
          const part = made.slice(at, at + batch)
          at += batch
          return follow(view, part)
        },
        digest: (bytes) => (bytes > 0 ? 'followed' : 'nothing'),
      }
    }
    results.push(
      await compare({ name: `${batch} events more, ${name}`, a: lane(short), b: lane(long), rounds }),
    )
  }
  return results
}

function heapUsed(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}
