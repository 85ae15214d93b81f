import { readFileSync, statSync } from 'node:fs'
import * as v from 'valibot'
import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document, Node } from 'yaml'
import { HoldfastError } from '../engine/core/errors.js'
import { closest } from './closest.js'
import { configSchema, settingDefaults } from './config-schema.js'
import type { ConfigValues } from './config-schema.js'
import type { Home } from './home.js'

/** A root as the config names it: one of its own, or a change to a known one. */
export type ConfiguredRoot = ConfigValues['roots'][number]

/** Another host to exchange events with. */
export type ConfiguredPeer = ConfigValues['peers'][number]

/** The settings, with defaults for what the file leaves out. */
export interface Config {
  /** What the host is called, or null where the environment or the system says. */
  readonly name: string | null
  readonly roots: readonly ConfiguredRoot[]
  readonly peers: readonly ConfiguredPeer[]
  readonly sweepEveryMs: number
  readonly quietTimeMs: number
  readonly onConflict: 'union' | 'hold' | 'split'
  /** Whether other hosts' events are put into this host's files. */
  readonly writeBack: boolean
  /** What holds for some roots or projects instead; later ones go before earlier ones. */
  readonly writeRules: ConfigValues['write']['rules']
  /** Idle sessions older than this are packed; null: never. */
  readonly archiveAfterMs: number | null
  readonly milestonesEveryMs: number | null
  readonly milestonesKeep: number
  /** null: no budget. */
  readonly diskBudgetBytes: number | null
}

const configMaxBytes = 1024 * 1024

/** The config of this home; a missing file means defaults. Throws CONFIG_INVALID, NOT_READABLE. */
export function loadConfig(home: Pick<Home, 'configFile'>): Config {
  return parseConfig(readConfigText(home.configFile), home.configFile)
}

/** The file's text, empty where there is none. Throws NOT_READABLE, or CONFIG_INVALID for an absurd size. */
export function readConfigText(file: string): string {
  try {
    const size = statSync(file, { throwIfNoEntry: false })?.size
    if (size === undefined) return ''
    if (size > configMaxBytes) throw new HoldfastError('CONFIG_INVALID', `${file} is larger than 1 MiB`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof HoldfastError) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw new HoldfastError('NOT_READABLE', `cannot read ${file} (${code})`, { cause: error })
  }
}

/** Parses and validates. Throws CONFIG_INVALID with file, line and key of everything that is wrong. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter()
  const document = parseYaml(text, file, lines)
  const values = plainValues(document, file)
  const parsed = v.safeParse(configSchema, values)
  if (!parsed.success) throw invalid(parsed.issues.map((issue) => describe(issue, document, lines, file)))
  const problems = (['roots', 'peers'] as const).flatMap((list) =>
    repeatedNames(list, parsed.output[list], document, lines, file),
  )
  if (problems.length > 0) throw invalid(problems)
  const { name, roots, peers, sweep, write, archive, milestones, disk } = parsed.output
  return {
    name: name ?? null,
    roots,
    peers,
    sweepEveryMs: sweep.every,
    quietTimeMs: write.quietTime,
    onConflict: write.onConflict,
    writeBack: write.back,
    writeRules: write.rules,
    archiveAfterMs: archive.after,
    milestonesEveryMs: milestones.every,
    milestonesKeep: milestones.keep,
    diskBudgetBytes: disk.budget,
  }
}

/** The YAML of a config, for reading or editing. Throws CONFIG_INVALID with line and column where it is broken. */
export function parseYaml(
  text: string,
  file: string,
  lines: LineCounter = new LineCounter(),
): Document.Parsed {
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const error = document.errors[0]
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new HoldfastError('CONFIG_INVALID', `${file}:${line}:${col}: ${error.message}`, {
      next: `Edit ${file}; the YAML is broken at line ${line}, column ${col}.`,
    })
  }
  return document
}

function plainValues(document: Document.Parsed, file: string): unknown {
  if (document.contents !== null && !isMap(document.contents))
    if (!isScalar(document.contents) || document.contents.value !== null)
      throw new HoldfastError(
        'CONFIG_INVALID',
        `${file}:1: expected settings such as \`sweep: { every: 30s }\``,
      )
  try {
    return withoutNulls(document.toJS() ?? {})
  } catch (cause) {
    // Aliases that are not resolved or multiply without end.
    throw new HoldfastError('CONFIG_INVALID', `${file}: ${(cause as Error).message}`, { cause })
  }
}

/** A key without a value says the same as no key: people comment out what stands below it. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, withoutNulls(child)]),
  )
}

type Path = readonly (string | number)[]

function describe(issue: v.BaseIssue<unknown>, document: Document, lines: LineCounter, file: string): string {
  const path: Path = (issue.path ?? []).map((item) => item.key as string | number)
  const place = `${file}:${lineOf(document, lines, path)}`
  const key = dotted(path)
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const meant = closest(key, Object.keys(settingDefaults))
    return `${place}: ${key} is no setting${meant === undefined ? '' : `; did you mean ${meant}?`}`
  }
  if (issue.type === 'strict_object' && issue.input === undefined) return `${place}: ${key} is missing`
  if (issue.type === 'strict_object') return `${place}: ${key} must hold settings of its own`
  return `${place}: ${key} ${issue.message}`
}

function repeatedNames(
  list: 'roots' | 'peers',
  entries: readonly { readonly name: string }[],
  document: Document,
  lines: LineCounter,
  file: string,
): string[] {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const [index, { name }] of entries.entries()) {
    if (seen.has(name))
      problems.push(`${file}:${lineOf(document, lines, [list, index])}: ${list} has ${name} twice`)
    seen.add(name)
  }
  return problems
}

/** `roots[0].path` for ['roots', 0, 'path']. */
function dotted(path: Path): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('')
}

/** The line of the key that a path names, or of the nearest thing around it. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  let node: unknown = document.contents
  let at: Node | null = null
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step)
      if (pair === undefined) break
      at = pair.key as Node
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(step)]
      at = (node as Node | undefined) ?? at
    } else break
  }
  const start = at?.range?.[0]
  return start === undefined ? 1 : lines.linePos(start).line
}

const problemsMax = 5

function invalid(problems: readonly string[]): HoldfastError {
  const more = problems.length - problemsMax
  const shown = problems.slice(0, problemsMax)
  if (more > 0) shown.push(`and ${more} more`)
  return new HoldfastError('CONFIG_INVALID', shown.join('\n'))
}
