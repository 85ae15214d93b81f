import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { corpusSizes, generateCorpus } from './corpus.js'
import { claude, claudeLines, codex } from './corpus-profile.js'
import { isSession, surveyCorpus } from './corpus-survey.js'
import { digestCorpus, writeCorpus } from './corpus-write.js'

const tiny = { seed: 1, ...corpusSizes.tiny }
/** Enough files and lines for shares to settle, in about half a second. */
const large = { seed: 7, bytes: 24_000_000, files: 240 }

describe('generateCorpus', () => {
  it('gives the same bytes for the same seed, others for another', () => {
    const first = digestCorpus(tiny)
    expect(digestCorpus(tiny)).toEqual(first)
    expect(digestCorpus({ ...tiny, seed: 2 }).digest).not.toBe(first.digest)
  })

  // Recorded results of benchmarks name corpora by size and seed: a change here makes them incomparable.
  it('still makes the corpus that it made', () => {
    expect(digestCorpus(tiny).digest).toBe('215f88fb4a1c2d58d3aac9b7799338f29c14044d35926b49978006df9cb2394d')
  })

  it.each([tiny, { ...tiny, seed: 99 }, large])('keeps to the wanted bytes and files: %j', (options) => {
    const { files, bytes } = digestCorpus(options)
    expect(files).toBe(options.files)
    expect(Math.abs(bytes / options.bytes - 1)).toBeLessThan(0.05)
  })

  it('has every kind of file even when tiny, each path once', () => {
    const paths = [...generateCorpus(tiny)].map(({ path }) => path)
    expect(new Set(paths).size).toBe(paths.length)
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
    const project = String.raw`\.claude/projects/-home-ada-code-[a-z-]+`
    for (const kind of [
      `${project}/${uuid}\\.jsonl`,
      `${project}/${uuid}/subagents/agent-[0-9a-f]{17}\\.jsonl`,
      `${project}/${uuid}/subagents/agent-[0-9a-f]{17}\\.meta\\.json`,
      `${project}/${uuid}/tool-results/toolu_[0-9a-f]{24}\\.txt`,
      String.raw`\.claude/todos/${uuid}-agent-${uuid}\.json`,
      String.raw`\.claude/tasks/${uuid}/\d+\.json`,
      String.raw`\.codex/sessions/2025/\d\d/\d\d/rollout-2025-\d\d-\d\dT\d\d-\d\d-\d\d-${uuid}\.jsonl`,
      String.raw`\.gemini/tmp/[0-9a-f]{64}/chats/session-[0-9T-]{16}-[0-9a-f]{8}\.jsonl`,
    ]) {
      const pattern = new RegExp(`^${kind}$`)
      expect(
        paths.some((path) => pattern.test(path)),
        kind,
      ).toBe(true)
    }
  })

  it('has a line over 64 KiB and one that is no JSON even when tiny, whatever the seed', () => {
    for (const seed of [1, 2, 3]) {
      const survey = surveyCorpus(generateCorpus({ ...tiny, seed }))
      expect(survey.longLineShare * survey.lines).toBeGreaterThanOrEqual(1)
      expect(survey.invalidLines).toBeGreaterThanOrEqual(1)
    }
  })
})

describe('the shape of sessions', () => {
  const survey = surveyCorpus(generateCorpus(large))
  const near = (value: number, wanted: number, tolerance: number): void => {
    expect(value).toBeGreaterThan(wanted * (1 - tolerance))
    expect(value).toBeLessThan(wanted * (1 + tolerance))
  }

  it('has the lengths of lines', () => {
    near(survey.lineMedianBytes, claude.lineMedianBytes, 0.1)
    near(survey.lineMeanBytes, claude.lineMeanBytes, 0.3)
    near(survey.longLineShare, claude.longLineShare, 0.8)
    expect(survey.jumboLines).toBeGreaterThanOrEqual(2)
  })

  it('has the types of lines', () => {
    for (const [type, { share }] of Object.entries(claudeLines)) {
      expect(Math.abs((survey.types[type] ?? 0) - share), type).toBeLessThan(0.03)
    }
  })

  it('has the disorder of sessions', () => {
    expect(Math.abs(survey.withoutFinalNewline - claude.files.withoutFinalNewline)).toBeLessThan(0.1)
    expect(Math.abs(survey.withMissingParent - claude.files.withMissingParent)).toBeLessThan(0.06)
    expect(Math.abs(survey.withDanglingToolUse - claude.files.withDanglingToolUse)).toBeLessThan(0.06)
    // A first line without a uuid weighs more in the shorter files of a corpus than in those of the survey.
    near(survey.withoutUuidShare, claude.withoutUuidShare, 0.7)
    near(survey.duplicateLineShare, claude.duplicateLineShare, 0.6)
    near(survey.forkShare, claude.forkShare, 0.4)
    near(survey.backwardsShare, claude.backwardsShare, 0.4)
  })

  it('compresses like them', () => {
    const sessions = [...generateCorpus(large)].filter(({ path }) => isSession(path)).slice(0, 40)
    const raw = sessions.reduce((sum, { bytes }) => sum + bytes.length, 0)
    const packed = sessions.reduce((sum, { bytes }) => sum + gzipSync(bytes).length, 0)
    near(raw / packed, claude.gzipRatio, 0.25)
  })

  it('has rollouts that begin with session_meta and are linear', () => {
    const rollouts = [...generateCorpus(large)].filter(({ path }) => path.startsWith('.codex/'))
    const lengths = rollouts.flatMap(({ bytes }) => {
      const lines = bytes
        .toString()
        .split('\n')
        .filter((line) => line !== '')
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'session_meta' })
      for (const line of lines) expect(JSON.parse(line)).not.toHaveProperty('uuid')
      return lines.map((line) => Buffer.byteLength(line) + 1)
    })
    lengths.sort((a, b) => a - b)
    near(lengths[lengths.length >> 1] ?? 0, codex.lineMedianBytes, 0.25)
  })
})

describe('writeCorpus', () => {
  it('puts the files in place, private, with their times', () => {
    const folder = mkdtempSync(join(tmpdir(), 'corpus-'))
    try {
      expect(writeCorpus(folder, tiny)).toEqual(digestCorpus(tiny))
      for (const { path, bytes, modifiedMs } of generateCorpus(tiny)) {
        expect(readFileSync(join(folder, path)).equals(bytes)).toBe(true)
        const { mode, mtimeMs } = statSync(join(folder, path))
        expect(mode & 0o777).toBe(0o600)
        expect(Math.abs(mtimeMs - modifiedMs)).toBeLessThan(1)
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
