import * as v from 'valibot'
import { peerEntry } from './peer-schema.js'
import { parseDuration, parseSize } from './units.js'

/** What the config file may say. Every key is optional; input is the file's values, output is what the code uses. */

export const rootFormats = ['claude', 'codex', 'gemini', 'messages', 'lines', 'file'] as const

const secondMs = 1_000
const dayMs = 86_400_000

const hostNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
/** As `checkRootNames` has it: events carry the name for good. */
const rootNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/

function duration(minMs: number, maxMs: number, example: string) {
  const message = `must be a duration with its unit, such as ${example}`
  return v.pipe(
    v.string(message),
    v.transform((text) => parseDuration(text) ?? Number.NaN),
    v.number(message),
    v.minValue(minMs, 'is too short'),
    v.maxValue(maxMs, 'is too long'),
  )
}

function durationOrNever(minMs: number, maxMs: number, example: string) {
  return v.union(
    [
      v.pipe(
        v.literal('never'),
        v.transform(() => null),
      ),
      duration(minMs, maxMs, example),
    ],
    `must be never, or a duration with its unit, such as ${example}`,
  )
}

const sizeMessage = 'must be never, or a size with its unit, such as 20GB'
const budget = v.union(
  [
    v.pipe(
      v.literal('never'),
      v.transform(() => null),
    ),
    v.pipe(
      v.string(),
      v.transform((text) => parseSize(text) ?? Number.NaN),
      v.number(),
      v.minValue(1e6),
    ),
  ],
  sizeMessage,
)

const name = (pattern: RegExp, message: string) => v.pipe(v.string(message), v.regex(pattern, message))

const conflictPolicy = v.picklist(['union', 'hold', 'split'], 'must be union, hold or split')
const yesOrNo = v.boolean('must be true or false')

/** What holds for one root, one project, or one project of one root, instead of what holds for all. */
const writeRule = v.pipe(
  v.strictObject({
    root: v.optional(v.string('must be the name of a root')),
    project: v.optional(v.string('must be the name of a project')),
    back: v.optional(yesOrNo),
    onConflict: v.optional(conflictPolicy),
  }),
  v.check(
    ({ root, project }) => root !== undefined || project !== undefined,
    'must name a root or a project',
  ),
)

const rootEntry = v.strictObject({
  name: name(rootNamePattern, 'must be up to 64 of a-z, 0-9, dot, dash and underscore'),
  format: v.optional(v.picklist(rootFormats, `must be one of ${rootFormats.join(', ')}`)),
  path: v.optional(
    v.pipe(
      v.string('must be a path'),
      v.regex(/^(\/|~\/|~$|[A-Za-z]:[\\/])/, 'must be absolute, or begin with ~/'),
    ),
  ),
  poll: v.optional(v.boolean('must be true or false')),
  /** false: a known root that is not to be recorded. */
  enabled: v.optional(v.boolean('must be true or false'), true),
})

export const configSchema = v.strictObject({
  name: v.optional(name(hostNamePattern, 'must be up to 63 letters, digits, dots, dashes and underscores')),
  roots: v.optional(v.array(rootEntry, 'must be a list of roots'), []),
  peers: v.optional(v.array(peerEntry, 'must be a list of peers'), []),
  sweep: v.optional(v.strictObject({ every: v.optional(duration(secondMs, dayMs, '30s'), '30s') }), {}),
  write: v.optional(
    v.strictObject({
      quietTime: v.optional(duration(0, dayMs, '2s'), '2s'),
      onConflict: v.optional(conflictPolicy, 'union'),
      /** false: what peers send is kept in the log alone. */
      back: v.optional(yesOrNo, true),
      rules: v.optional(v.array(writeRule, 'must be a list of rules'), []),
    }),
    {},
  ),
  archive: v.optional(
    v.strictObject({ after: v.optional(durationOrNever(60_000, 3650 * dayMs, '30d'), '30d') }),
    {},
  ),
  milestones: v.optional(
    v.strictObject({
      every: v.optional(durationOrNever(secondMs, 365 * dayMs, '10m'), '10m'),
      keep: v.optional(
        v.pipe(
          v.number('must be a number'),
          v.integer('must be a whole number'),
          v.minValue(1, 'must be at least 1'),
          v.maxValue(10_000, 'must be at most 10000'),
        ),
        10,
      ),
    }),
    {},
  ),
  disk: v.optional(v.strictObject({ budget: v.optional(budget, 'never') }), {}),
})

export type ConfigValues = v.InferOutput<typeof configSchema>

/** The keys that `config get|set|unset` take, with the text of their default. `roots` and `peers` are edited by `root` and `peer`. */
export const settingDefaults = {
  name: null,
  'sweep.every': '30s',
  'write.quietTime': '2s',
  'write.onConflict': 'union',
  'write.back': 'true',
  'archive.after': '30d',
  'milestones.every': '10m',
  'milestones.keep': '10',
  'disk.budget': 'never',
} as const satisfies Record<string, string | null>

export type SettingKey = keyof typeof settingDefaults
