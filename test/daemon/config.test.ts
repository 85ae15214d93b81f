import { describe, expect, it } from 'vitest'
import { dropRoot, putRoot, setSetting, settingKey, unsetSetting } from '../../src/daemon/config-edit.js'
import { configTemplate } from '../../src/daemon/config-file.js'
import { parseConfig } from '../../src/daemon/config.js'
import { settingDefaults } from '../../src/daemon/config-schema.js'
import type { SettingKey } from '../../src/daemon/config-schema.js'
import { HoldfastError } from '../../src/engine/core/errors.js'

function failure(text: string): string {
  try {
    parseConfig(text, 'c.yaml')
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'CONFIG_INVALID') return error.message
    throw error
  }
  throw new Error('accepted')
}

describe('parseConfig', () => {
  const defaults = {
    name: null,
    roots: [],
    peers: [],
    sweepEveryMs: 30_000,
    quietTimeMs: 2_000,
    onConflict: 'union',
    writeBack: true,
    writeRules: [],
    archiveAfterMs: 30 * 86_400_000,
    milestonesEveryMs: 600_000,
    milestonesKeep: 10,
    diskBudgetBytes: null,
  }

  it.each([
    ['an empty file', ''],
    ['only comments', configTemplate],
    ['keys without values', 'write:\nsweep:\n  every:\nroots:\n'],
  ])('gives the defaults for %s', (_, text) => {
    expect(parseConfig(text, 'c.yaml')).toEqual(defaults)
  })

  it('takes everything that the template shows', () => {
    const text = configTemplate
      .replace(/^# .*\n# .*\n#\n/, '')
      .replace(/^# /gm, '')
      .replace(/^#\n/gm, '')
      .replace(/^(\s*[a-z]+:(?: [^ \n]+)?)  +.*$/gim, '$1')
    expect(parseConfig(text, 'c.yaml')).toEqual({
      ...defaults,
      name: 'laptop',
      roots: [
        {
          name: 'broker',
          format: 'messages',
          path: '~/broker/current_session.jsonl',
          poll: true,
          enabled: true,
        },
      ],
      peers: [{ name: 'laptop', url: 'exec:ssh laptop holdfast serve --stdio', direction: 'both' }],
    })
  })

  it('reads units', () => {
    const text =
      'sweep: {every: 1.5m}\nwrite: {quietTime: 500ms}\ndisk: {budget: 20GB}\narchive: {after: never}\n'
    expect(parseConfig(text, 'c.yaml')).toMatchObject({
      sweepEveryMs: 90_000,
      quietTimeMs: 500,
      diskBudgetBytes: 20e9,
      archiveAfterMs: null,
    })
  })

  it.each([
    [
      'name: x\nwrite:\n  quietTme: 2s\n',
      'c.yaml:3: write.quietTme is no setting; did you mean write.quietTime?',
    ],
    ['sweeps:\n  every: 2s\n', 'c.yaml:1: sweeps is no setting'],
    ['\n\nsweep:\n  every: 30\n', 'c.yaml:4: sweep.every must be a duration with its unit, such as 30s'],
    ['sweep:\n  every: 10 parsecs\n', 'c.yaml:2: sweep.every must be a duration'],
    ['sweep:\n  every: 10ms\n', 'c.yaml:2: sweep.every is too short'],
    ['sweep: 30s\n', 'c.yaml:1: sweep must hold settings of its own'],
    ['# c\nwrite:\n  onConflict: win\n', 'c.yaml:3: write.onConflict must be union, hold or split'],
    ['disk:\n  budget: 20\n', 'c.yaml:2: disk.budget must be never, or a size'],
    ['disk:\n  budget: lots\n', 'c.yaml:2: disk.budget must be never, or a size'],
    ['archive:\n  after: soon\n', 'c.yaml:2: archive.after must be never, or a duration'],
    ['milestones:\n  keep: 0\n', 'c.yaml:2: milestones.keep must be at least 1'],
    ['milestones:\n  keep: many\n', 'c.yaml:2: milestones.keep must be a number'],
    ['name: "a b"\n', 'c.yaml:1: name must be up to 63'],
    ['roots:\n  - format: lines\n', 'c.yaml:2: roots[0].name is missing'],
    ['roots:\n  - name: a\n    format: jsn\n', 'c.yaml:3: roots[0].format must be one of'],
    ['roots:\n  - name: a\n    path: x/y\n', 'c.yaml:3: roots[0].path must be absolute'],
    ['roots:\n  - name: a\n    poll: maybe\n', 'c.yaml:3: roots[0].poll must be true or false'],
    ['roots:\n  - name: A\n', 'c.yaml:2: roots[0].name must be up to 64'],
    ['roots:\n  - name: a\n  - name: a\n', 'c.yaml:3: roots has a twice'],
    ['- a\n', 'c.yaml:1: expected settings'],
    ['hello\n', 'c.yaml:1: expected settings'],
    ['a: [1\nb: 2\n', 'c.yaml:2:1: '],
    ['sweep:\n  every: 1s\n  every: 2s\n', 'c.yaml:3:3: Map keys must be unique'],
    ['name: *nobody\n', 'c.yaml'],
    ['name: "open\n', 'c.yaml:'],
  ])('names line and key of what is wrong in %j', (text, message) => {
    expect(failure(text)).toContain(message)
  })

  it('names several at once', () => {
    expect(failure('a: 1\nsweep:\n  every: x\n').split('\n')).toHaveLength(2)
  })
})

describe('edits', () => {
  const commented = [
    '# Mine.',
    'name: laptop # the small one',
    '',
    '# About writing.',
    'write:',
    '  # Patience.',
    '  quietTime: 3s',
    '  onConflict: hold # until I look',
    '',
    '# The end.',
    '',
  ].join('\n')
  const comments = (text: string): string[] => text.match(/# ?.*$/gm) ?? []

  it('changes one value and nothing else', () => {
    expect(setSetting(commented, 'write.quietTime', '5s', 'c')).toBe(commented.replace('3s', '5s'))
  })

  it('adds keys and groups, and keeps every comment', () => {
    let text = setSetting(commented, 'disk.budget', '20GB', 'c')
    text = setSetting(text, 'milestones.keep', '7', 'c')
    expect(comments(text)).toEqual(comments(commented))
    expect(parseConfig(text, 'c')).toMatchObject({
      diskBudgetBytes: 20e9,
      milestonesKeep: 7,
      quietTimeMs: 3_000,
    })
  })

  it('keeps the comments before what it removes', () => {
    let text = unsetSetting(commented, 'name', 'c').text
    for (const key of ['write.quietTime', 'write.onConflict']) text = unsetSetting(text, key, 'c').text
    expect(comments(text)).toEqual(['# Mine.', '# About writing.', '# Patience.', '# The end.'])
    expect(parseConfig(text, 'c')).toEqual(parseConfig('', 'c'))
  })

  it('begins with the template, and comes back to it', () => {
    const set = setSetting(configTemplate, 'write.quietTime', '5s', 'c')
    expect(set).toBe(`${configTemplate}\nwrite:\n  quietTime: 5s\n`)
    const unset = unsetSetting(set, 'write.quietTime', 'c').text
    expect(comments(unset)).toEqual(comments(configTemplate))
    expect(parseConfig(unset, 'c')).toEqual(parseConfig('', 'c'))
  })

  it.each(Object.entries(settingDefaults).filter(([, value]) => value !== null))(
    'takes the default of %s as a value',
    (key, value) => {
      expect(parseConfig(setSetting('', key as SettingKey, value as string, 'c'), 'c')).toEqual(
        parseConfig('', 'c'),
      )
    },
  )

  it('refuses a value that is not valid', () => {
    expect(() => setSetting(commented, 'write.quietTime', '5', 'c')).toThrow(
      /write\.quietTime must be a duration/,
    )
  })

  it('sets a key of a group that was left empty', () => {
    expect(parseConfig(setSetting('write:\n', 'write.quietTime', '5s', 'c'), 'c').quietTimeMs).toBe(5_000)
  })

  it('removes what is no setting, as that may be what is wrong', () => {
    expect(unsetSetting('write:\n  quietTme: 2s\n  quietTime: 3s\n', 'write.quietTme', 'c')).toEqual({
      text: 'write:\n  quietTime: 3s\n',
      found: true,
    })
    expect(unsetSetting(commented, 'disk.budget', 'c')).toEqual({ text: commented, found: false })
  })

  it('knows settings, and the nearest to a mistyped one', () => {
    expect(settingKey('sweep.every')).toBe('sweep.every')
    expect(() => settingKey('write.quiettime')).toThrow(
      expect.objectContaining({ next: 'Did you mean write.quietTime?' }),
    )
    expect(() => settingKey('toString')).toThrow(HoldfastError)
  })

  it('puts, replaces and drops roots among comments', () => {
    const one = putRoot(commented, { name: 'a', format: 'lines', path: '/a' }, 'c')
    const two = putRoot(one, { name: 'b', format: 'file', path: '~/b', poll: true }, 'c')
    const off = putRoot(two, { name: 'a', enabled: false }, 'c')
    expect(parseConfig(off, 'c').roots).toEqual([
      { name: 'a', enabled: false },
      { name: 'b', format: 'file', path: '~/b', poll: true, enabled: true },
    ])
    const none = dropRoot(dropRoot(off, 'a', 'c'), 'b', 'c')
    expect(parseConfig(none, 'c').roots).toEqual([])
    expect(comments(none)).toEqual(comments(commented))
    expect(dropRoot(none, 'x', 'c')).toBe(none)
  })
})
