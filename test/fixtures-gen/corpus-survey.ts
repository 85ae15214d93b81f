import type { CorpusFile } from './corpus.js'

/** What a corpus's Claude Code sessions look like: the counterpart of corpus-profile.ts. */
export interface CorpusSurvey {
  readonly files: number
  readonly lines: number
  readonly bytes: number
  readonly lineMedianBytes: number
  readonly lineMeanBytes: number
  /** By type, as shares of lines. */
  readonly types: Readonly<Record<string, number>>
  readonly longLineShare: number
  readonly jumboLines: number
  readonly invalidLines: number
  readonly withoutUuidShare: number
  readonly duplicateLineShare: number
  readonly forkShare: number
  readonly backwardsShare: number
  /** Shares of files. */
  readonly withoutFinalNewline: number
  readonly withMissingParent: number
  readonly withDanglingToolUse: number
}

export function isSession(path: string): boolean {
  return /^\.claude\/projects\/[^/]+\/[^/]+\.jsonl$/.test(path)
}

/** Reads the sessions among the files; the rest is passed over. */
export function surveyCorpus(files: Iterable<CorpusFile>): CorpusSurvey {
  const survey = new Survey()
  for (const file of files) if (isSession(file.path)) survey.add(file.bytes)
  return survey.result()
}

interface Line {
  readonly type?: string
  readonly uuid?: string
  readonly parentUuid?: string | null
  readonly timestamp?: string
  readonly message?: { readonly content?: unknown }
}

interface Part {
  readonly type?: string
  readonly id?: string
  readonly tool_use_id?: string
}

class Survey {
  readonly #lengths: number[] = []
  readonly #types = new Map<string, number>()
  #files = 0
  #invalid = 0
  #withoutUuid = 0
  #duplicates = 0
  #forks = 0
  #parents = 0
  #backwards = 0
  #timed = 0
  #withoutNewline = 0
  #missingParent = 0
  #dangling = 0

  add(bytes: Buffer): void {
    this.#files++
    if (bytes.at(-1) !== 0x0a) this.#withoutNewline++
    const lines = bytes.toString('utf8').split('\n')
    if (lines.at(-1) === '') lines.pop()
    const seen = new Set<string>()
    const parsed: Line[] = []
    for (const line of lines) {
      this.#lengths.push(Buffer.byteLength(line) + 1)
      if (seen.has(line)) this.#duplicates++
      seen.add(line)
      const value = parse(line)
      if (value) parsed.push(value)
      else this.#invalid++
    }
    this.#tree(parsed)
    this.#times(parsed)
    this.#tools(parsed)
  }

  #tree(lines: readonly Line[]): void {
    const uuids = new Set<string>()
    const children = new Map<string, number>()
    let missing = false
    for (const { type, uuid, parentUuid } of lines) {
      this.#types.set(String(type), (this.#types.get(String(type)) ?? 0) + 1)
      if (uuid === undefined) this.#withoutUuid++
      else uuids.add(uuid)
      if (typeof parentUuid !== 'string') continue
      if (!uuids.has(parentUuid)) missing = true
      children.set(parentUuid, (children.get(parentUuid) ?? 0) + 1)
    }
    this.#parents += children.size
    for (const count of children.values()) if (count > 1) this.#forks++
    if (missing) this.#missingParent++
  }

  #times(lines: readonly Line[]): void {
    let last = ''
    for (const { timestamp } of lines) {
      if (timestamp === undefined) continue
      this.#timed++
      if (timestamp < last) this.#backwards++
      last = timestamp
    }
  }

  #tools(lines: readonly Line[]): void {
    const open = new Set<string>()
    for (const { message } of lines) {
      if (!Array.isArray(message?.content)) continue
      for (const part of message.content as readonly Part[]) {
        if (part.type === 'tool_use' && part.id !== undefined) open.add(part.id)
        if (part.tool_use_id !== undefined) open.delete(part.tool_use_id)
      }
    }
    if (open.size > 0) this.#dangling++
  }

  result(): CorpusSurvey {
    const lengths = this.#lengths.sort((a, b) => a - b)
    const lines = lengths.length
    const bytes = lengths.reduce((sum, length) => sum + length, 0)
    return {
      files: this.#files,
      lines,
      bytes,
      lineMedianBytes: lengths[lines >> 1] ?? 0,
      lineMeanBytes: bytes / lines,
      types: Object.fromEntries([...this.#types].map(([type, count]) => [type, count / lines])),
      longLineShare: lengths.filter((length) => length > 65_536).length / lines,
      jumboLines: lengths.filter((length) => length > 1_048_576).length,
      invalidLines: this.#invalid,
      withoutUuidShare: this.#withoutUuid / lines,
      duplicateLineShare: this.#duplicates / lines,
      forkShare: this.#forks / this.#parents,
      backwardsShare: this.#backwards / this.#timed,
      withoutFinalNewline: this.#withoutNewline / this.#files,
      withMissingParent: this.#missingParent / this.#files,
      withDanglingToolUse: this.#dangling / this.#files,
    }
  }
}

function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line
  } catch {
    return undefined
  }
}
