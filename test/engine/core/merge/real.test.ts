import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { planResolution } from '../../../../src/engine/core/merge/resolution.js'
import { claudeActive } from '../../../../src/engine/formats/claude-active-merge.js'
import { splitClaudeSession } from '../../../../src/engine/formats/claude-split.js'
import { splitCodexRollout } from '../../../../src/engine/formats/codex-split.js'
import { generateCorpus } from '../../../fixtures-gen/corpus.js'
import { HistoryMaker } from '../../../fixtures-gen/histories.js'
import { read } from './case.js'
import { formats } from './formats.js'
import { checkConvergent, viewOf } from './laws.js'
import { SeededRandom } from '../../../fixtures-gen/random.js'

/** Recorded sessions, where somebody keeps some beside the project; otherwise generated ones take their place. */
const beside = fileURLToPath(new URL('../../../../../shared/realdata', import.meta.url))
const folder = process.env['HOLDFAST_REAL_SESSIONS'] ?? beside
const maxBytes = Number(process.env['HOLDFAST_REAL_MAX_BYTES'] ?? 300_000)
const newId = '00000000-0000-4000-8000-000000000000'

interface RealFile {
  readonly name: string
  readonly bytes: Buffer
}

function realFiles(pattern: RegExp): RealFile[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => pattern.test(name) && statSync(join(folder, name)).size <= maxBytes)
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }))
}

function generatedFiles(pattern: RegExp): RealFile[] {
  return [...generateCorpus({ seed: 'merge', bytes: 3_000_000, files: 40 })]
    .filter(({ path, bytes }) => pattern.test(path) && bytes.length <= maxBytes)
    .map(({ path, bytes }) => ({ name: path, bytes }))
}

const isReal = realFiles(/\/projects\/.*\.jsonl$/).length > 0
const claudeFiles = (isReal ? realFiles : generatedFiles)(/\/projects\/.*\.jsonl$/)
const codexFiles = (isReal ? realFiles : generatedFiles)(/\/\.?codex\/.*\.jsonl$|^\.codex\/.*\.jsonl$/)

/** A real file cut into a common beginning and continuations by two hosts, in any extents. */
function cut(file: RealFile, format: (typeof formats)['tree']): HistoryMaker {
  const lines = file.bytes.toString('latin1').split('\n').slice(0, -1)
  const random = new SeededRandom(file.name)
  const start = lines.slice(0, 1 + random.int(lines.length))
  const rest = lines.slice(start.length)
  const maker = new HistoryMaker(file.name, format, { hosts: 2, steps: 0, skew: true, wild: false })
  const [a, b] = maker.hosts as [(typeof maker.hosts)[0], (typeof maker.hosts)[0]]
  const text = (part: readonly string[]): string => part.map((line) => `${line}\n`).join('')
  maker.append(a, text(start))
  maker.append(b, text(start))
  maker.deliver(a, b)
  maker.deliver(b, a)
  const middle = random.int(rest.length + 1)
  for (const [host, part] of [
    [a, rest.slice(0, middle)],
    [b, rest.slice(middle)],
  ] as const) {
    // The maker keeps a copy of the file at each append: few appends bound its memory.
    const step = Math.max(7, Math.ceil(part.length / 12))
    for (let at = 0; at < part.length; at += step) maker.append(host, text(part.slice(at, at + step)))
  }
  maker.deliver(a, b)
  maker.deliver(b, a)
  return maker
}

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const linesOf = (text: string): string[] => text.split('\n').slice(0, -1)

/** Calls that have their result later in the same text. */
function answered(text: string): Set<string> {
  const uses = new Set<string>()
  const found = new Set<string>()
  for (const line of linesOf(text)) {
    for (const [, use] of line.matchAll(/"type":"tool_use","id":"([^"]+)"/g)) uses.add(String(use))
    for (const [, result] of line.matchAll(/"tool_use_id":"([^"]+)"/g))
      if (uses.has(String(result))) found.add(String(result))
  }
  return found
}

/** What a resuming agent needs: no parent lost that was there, and calls with their results. */
function expectResumable(text: string, parts: readonly string[]): void {
  const known = new Set(parts.flatMap((part) => claudeActive(latin(part)).orphans))
  const reading = claudeActive(latin(text))
  expect(reading.orphans.filter((uuid) => !known.has(uuid))).toEqual([])
  const there = answered(text)
  for (const part of parts) for (const use of answered(part)) expect(there.has(use)).toBe(true)
  expect(text === '' || text.endsWith('\n')).toBe(true)
}

const kind = isReal ? 'real' : 'generated'

it('has sessions of both agents to go by', () => {
  expect(Math.min(claudeFiles.length, codexFiles.length)).toBeGreaterThan(0)
})

describe(`${kind} sessions: ${claudeFiles.length} of Claude Code, ${codexFiles.length} of Codex`, () => {
  it('a single writer’s stream stays byte-identical', () => {
    for (const file of [...claudeFiles, ...codexFiles]) {
      const format = codexFiles.includes(file) ? formats.ordered : formats.tree
      const maker = new HistoryMaker(file.name, format, { hosts: 1, steps: 0, skew: false, wild: false })
      maker.append(maker.hosts[0]!, file.bytes.toString('latin1'))
      const view = viewOf(format, maker.events)
      expect(view.conflicts()).toEqual([])
      expect(Buffer.compare(view.read(view.view().text.slice()), file.bytes)).toBe(0)
    }
  })

  it('every union and every split is read by a strict reader', () => {
    let forks = 0
    for (const file of claudeFiles) {
      const maker = cut(file, formats.tree)
      const view = viewOf(formats.tree, maker.events)
      const union = read(view, view.view().text)
      const own = maker.hosts.map((host) => Buffer.from(host.bytes).toString('latin1'))
      expectResumable(union, own)
      expect([...new Set(linesOf(union))].sort()).toEqual([...new Set(own.flatMap(linesOf))].sort())
      const [conflict, more] = view.conflicts()
      expect(more).toBeUndefined()
      if (!conflict) continue
      forks++
      const plan = planResolution(view, 's', 'tree', conflict, {
        choice: 'split',
        head: conflict.branches[0]!.head,
      })
      const oldId = /"sessionId":"([^"]+)"/.exec(union)?.[1] ?? ''
      for (const { text } of plan.leaving) {
        const branch = read(view, text)
        const [split] = splitClaudeSession([{ path: `${oldId}.jsonl`, bytes: latin(branch) }], oldId, newId)
        const changed = Buffer.from(split!.bytes).toString('latin1')
        expect(split!.path).toBe(`${newId}.jsonl`)
        expectResumable(changed, [branch])
        for (const line of linesOf(changed)) {
          let record: Record<string, unknown> = {}
          try {
            record = JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as Record<string, unknown>
          } catch {
            continue
          }
          expect(record['sessionId']).not.toBe(oldId)
        }
      }
      const kept = Buffer.from(view.read(plan.body.pieces)).toString('latin1')
      expectResumable(kept, [kept])
    }
    expect(forks).toBeGreaterThan(claudeFiles.length / 4)
  })

  it('Codex branches stay apart, and a split keeps ordinals and first line', () => {
    for (const file of codexFiles) {
      const maker = cut(file, formats.ordered)
      const view = viewOf(formats.ordered, maker.events)
      for (const host of maker.hosts) {
        const { text } = view.viewFor(host.host)
        const [conflict] = view.conflicts()
        if (conflict) expect(Buffer.compare(view.read(text!.slice()), host.bytes)).toBe(0)
        const meta = Buffer.from(host.bytes).toString('latin1').split('\n')[0] ?? ''
        const oldId = (JSON.parse(meta) as { payload: { id: string } }).payload.id
        const split = splitCodexRollout(
          { path: `2026/rollout-x-${oldId}.jsonl`, bytes: host.bytes },
          oldId,
          newId,
        )
        const [first, ...rest] = Buffer.from(split.bytes).toString('latin1').split('\n')
        expect(JSON.parse(first!)).toMatchObject({ type: 'session_meta', payload: { id: newId } })
        expect(first).not.toContain(`"${oldId}"`)
        expect(rest).toEqual(Buffer.from(host.bytes).toString('latin1').split('\n').slice(1))
        expect(split.path).toBe(`2026/rollout-x-${newId}.jsonl`)
      }
    }
  })

  it('arrival and batching make no difference', () => {
    for (const file of claudeFiles.slice(0, 6)) {
      const maker = cut(file, formats.tree)
      const { events, hosts, snapshots, tokens } = maker
      const random = new SeededRandom(`${file.name} order`)
      checkConvergent({ seed: file.name, maker, events, hosts, snapshots, tokens }, formats.tree, random)
    }
  })
})
