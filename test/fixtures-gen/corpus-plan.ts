import { drawQuantile } from './corpus-draw.js'
import { claude, codex, jumboMaxBytes, jumboMinBytes } from './corpus-profile.js'
import { SeededRandom } from './random.js'

export interface CorpusOptions {
  readonly seed: number | string
  /** Wanted length of all files together; met within a few percent. */
  readonly bytes: number
  /** Exact number of files; by default one for every 250 KB. At least 12. */
  readonly files?: number
}

export type CorpusFileKind = 'session' | 'subagent' | 'codex' | 'gemini' | 'todos' | 'task' | 'tool-result'

export interface PlannedFile {
  readonly kind: CorpusFileKind
  /** Wanted length. 0: whatever such a file has. */
  readonly bytes: number
  /** Length of a very long line to place in this session; 0 for none. */
  readonly longLineBytes: number
  readonly invalidLine: boolean
}

/**
 * The kinds by turns, so that even a small corpus has them all. A companion belongs to the session before it; a
 * subagent counts twice, for its `.meta.json`. 36 turns make 39 files.
 */
const turns = (
  'session session codex session subagent session session todos session session task session session ' +
  'gemini session session tool-result session subagent session session task session session codex session ' +
  'session todos session session subagent session session task session codex'
).split(' ') as CorpusFileKind[]

const filesOf = (kind: CorpusFileKind): number => (kind === 'subagent' ? 2 : 1)

/** Corpora from this size on have lines of more than 1 MiB; smaller ones one of more than 64 KiB. */
const jumboCorpusBytes = 20_000_000

/** What files the corpus has, in order. Lazy: nothing is kept per file. */
export function* planCorpus(options: CorpusOptions): Generator<PlannedFile> {
  const files = Math.max(12, options.files ?? Math.round(options.bytes / 250_000))
  let sessions = 0
  let weights = 0
  for (const { kind, weight } of drawFiles(options.seed, files)) {
    if (kind === 'session') sessions++
    weights += weight
  }
  const longLines = planLongLines(options)
  const longBytes = longLines.reduce((sum, bytes) => sum + bytes, 0)
  const perWeight = Math.max(0, options.bytes - longBytes) / weights
  const invalidLines = Math.max(1, Math.round(options.bytes / claude.bytesPerInvalid))
  let session = 0
  for (const { kind, weight } of drawFiles(options.seed, files)) {
    const own = kind === 'session'
    const long = own ? spread(session, sessions, longLines.length) : -1
    const longLineBytes = longLines[long] ?? 0
    const invalidLine = own && spread(session + 1, sessions, invalidLines) >= 0
    if (own) session++
    yield { kind, bytes: Math.round(weight * perWeight) + longLineBytes, longLineBytes, invalidLine }
  }
}

function* drawFiles(
  seed: number | string,
  files: number,
): Generator<{ readonly kind: CorpusFileKind; readonly weight: number }> {
  const random = new SeededRandom(`plan ${seed}`)
  let left = files
  for (let turn = 0; left > 0; turn++) {
    const planned = turns[turn % turns.length] ?? 'session'
    const kind = filesOf(planned) > left ? 'session' : planned
    left -= filesOf(kind)
    yield { kind, weight: drawWeight(random, kind) }
  }
}

/** What such a file weighs in real trees, in bytes. 0 where the size does not follow the corpus's. */
function drawWeight(random: SeededRandom, kind: CorpusFileKind): number {
  const claudeBytes = (): number => drawQuantile(random, claude.linesPerSession) * claude.lineMeanBytes
  switch (kind) {
    case 'session':
      return claudeBytes()
    case 'subagent':
      return claudeBytes() * 0.3
    case 'codex':
      return drawQuantile(random, codex.linesPerSession) * codex.lineMeanBytes
    case 'gemini':
      return claudeBytes() * 0.1
    case 'tool-result':
      return 20_000 + random.int(60_000)
    default:
      return 0
  }
}

function planLongLines({ seed, bytes }: CorpusOptions): number[] {
  const random = new SeededRandom(`long lines ${seed}`)
  if (bytes < jumboCorpusBytes) return [66_000 + random.int(60_000)]
  const count = Math.max(2, Math.round(bytes / claude.bytesPerJumbo))
  return Array.from({ length: count }, () => jumboMinBytes + random.int(jumboMaxBytes - jumboMinBytes))
}

/** Which of `count` things, spread evenly over `places`, stands at this place; -1 for none. */
function spread(place: number, places: number, count: number): number {
  for (let index = 0; index < count; index++) {
    if (Math.floor(((index + 0.5) * places) / count) === place) return index
  }
  return -1
}
