import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '@oclif/core/config'
import { afterEach, describe, expect, it, vi } from 'vitest'
import ConflictsListCommand from '../../src/commands/conflicts/list.js'
import ConflictsReportCommand from '../../src/commands/conflicts/report.js'
import ConflictsResolveCommand from '../../src/commands/conflicts/resolve.js'
import ConflictsShowCommand from '../../src/commands/conflicts/show.js'
import ConflictsUndoCommand from '../../src/commands/conflicts/undo.js'
import ConflictsCommand from '../../src/commands/conflicts.js'
import { forkedHomes } from '../daemon/conflict-world.js'
import type { RecordedHome } from '../daemon/recorded-home.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

type Runnable = { run(argv: string[], options: string | Config): Promise<unknown> }

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  process.exitCode = undefined
})

/** What a command set. */
function exitCode(): number {
  return Number(process.exitCode ?? 0)
}

/** Runs a command in this process, as in a pipe, in that home. */
async function run(home: RecordedHome, command: Runnable, ...argv: string[]): Promise<Outcome> {
  vi.stubEnv('HOME', home.user)
  vi.stubEnv('HOLDFAST_HOME', join(home.user, 'home'))
  vi.stubEnv('HOLDFAST_NAME', home.home.hostName)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text)
      return true
    })
  let code = 0
  process.exitCode = undefined
  try {
    await command.run(argv, root)
    code = exitCode()
  } finally {
    vi.restoreAllMocks()
  }
  return { code, ...said }
}

interface Listed {
  readonly conflicts: readonly {
    readonly id: string
    readonly status: string
    readonly branches: unknown[]
  }[]
  readonly error?: { readonly code: string; readonly next: string }
}

async function json(
  home: RecordedHome,
  command: Runnable,
  ...argv: string[]
): Promise<Listed & { code: number }> {
  const { code, stdout } = await run(home, command, ...argv, '--json')
  return { code, ...(JSON.parse(stdout) as Listed) }
}

describe('conflicts on the command line', () => {
  it('are listed, shown, resolved and taken back', async () => {
    const { mac } = await forkedHomes()
    const listed = await json(mac, ConflictsListCommand)
    const [conflict] = listed.conflicts
    const id = conflict?.id ?? ''
    expect([listed.code, listed.conflicts.length, conflict?.status]).toEqual([0, 1, 'open'])
    expect(conflict?.branches[0]).toMatchObject({
      host: 'mac',
      records: 2,
      from: expect.stringMatching(/Z$/) as string,
      to: expect.stringMatching(/Z$/) as string,
    })
    expect((await json(mac, ConflictsCommand)).conflicts).toEqual(listed.conflicts)
    const { stdout } = await run(mac, ConflictsListCommand)
    expect(stdout.split('\t').slice(0, 3)).toEqual([id, 'open', 'fork'])
    for (const argv of [[id], [id.slice(0, 8)]]) {
      const shown = await run(mac, ConflictsCommand, ...argv)
      expect(
        shown.stdout
          .trimEnd()
          .split('\n')
          .map((line) =>
            line
              .split('\t')
              .filter((_, i) => i !== 3)
              .join(' '),
          ),
      ).toEqual([
        '0  user 2 shared 2',
        '0  user 3 shared 3',
        '0  user 4 shared 4',
        '1 mac user m1 mac one',
        '1 mac user m2 mac two',
        '2 box user b1 box one',
      ])
    }
    const one = await run(mac, ConflictsShowCommand, id, '--branch', '1', '--from', '-1')
    expect(one.stdout).toContain('mac two')
    expect(one.stdout).not.toContain('mac one')
    const preview = await run(mac, ConflictsResolveCommand, id, '--keep', 'box', '-n')
    expect(preview.stdout).toContain('0 lines added, 2 removed')
    expect(preview.stdout).toContain('Nothing was changed.')
    expect((await json(mac, ConflictsListCommand)).conflicts).toHaveLength(1)
    const done = await run(mac, ConflictsResolveCommand, id, '--keep', 'box')
    expect([done.code, done.stdout]).toEqual([
      0,
      `Conflict ${id.slice(0, 8)} is resolved: keep.\nTo take it back: holdfast conflicts undo ${id.slice(0, 8)}\n`,
    ])
    expect((await json(mac, ConflictsListCommand)).conflicts).toEqual([])
    expect((await json(mac, ConflictsListCommand, '--all')).conflicts[0]?.status).toBe('resolved')
    const undone = await run(mac, ConflictsUndoCommand, id)
    expect(undone.stdout).toBe(`Conflict ${id.slice(0, 8)} is open again.\n`)
    expect((await json(mac, ConflictsListCommand, '--status', 'open')).conflicts).toHaveLength(1)
  })

  it('exit with the code of what is wrong', async () => {
    const { mac } = await forkedHomes()
    const { conflicts } = await json(mac, ConflictsListCommand)
    const id = conflicts[0]?.id ?? ''
    const codes: [Runnable, string[], number, string][] = [
      [ConflictsShowCommand, ['nothing'], 3, 'CONFLICT_UNKNOWN'],
      [ConflictsResolveCommand, ['nothing', '--union'], 3, 'CONFLICT_UNKNOWN'],
      [ConflictsResolveCommand, [id], 2, 'USAGE'],
      [ConflictsResolveCommand, [id, '--union', '--split'], 2, 'USAGE'],
      [ConflictsResolveCommand, [id, '--keep', 'nobody'], 2, 'USAGE'],
      [ConflictsResolveCommand, [id, '--stay', 'mac'], 2, 'USAGE'],
      [ConflictsUndoCommand, [id], 2, 'USAGE'],
      [ConflictsReportCommand, [id, '-o', '/no/such/folder/x'], 7, 'NOT_WRITABLE'],
    ]
    for (const [command, argv, code, error] of codes) {
      const outcome = await json(mac, command, ...argv)
      expect([argv, outcome.code, outcome.error?.code]).toEqual([argv, code, error])
    }
    const plain = await run(mac, ConflictsResolveCommand, id, '--keep', 'nobody')
    expect([plain.code, plain.stderr]).toEqual([
      2,
      'Error: no branch here is of a host “nobody”\nNext: Name a branch by its number or its host: 1: mac, 2: box.\n',
    ])
  })

  it('are reported in every format, to a file of the user alone', async () => {
    const { mac } = await forkedHomes()
    const file = join(mac.user, 'report.html')
    const said = await run(mac, ConflictsReportCommand, '--format', 'html', '-o', file)
    expect(said.stdout).toBe(`Wrote ${file}.\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    for (const text of ['mac one', 'mac two', 'box one', 'shared 4'])
      expect(readFileSync(file, 'utf8')).toContain(text)
    const markdown = await run(mac, ConflictsReportCommand)
    expect(markdown.stdout).toMatch(/^# Conflicts\n/)
    const report = await run(mac, ConflictsReportCommand, '--format', 'json')
    expect(JSON.parse(report.stdout)).toEqual(
      JSON.parse((await run(mac, ConflictsReportCommand, '--json')).stdout),
    )
    expect(JSON.parse(report.stdout)).toMatchObject({
      omitted: 0,
      conflicts: [
        {
          status: 'open',
          branches: [
            { host: 'mac', omitted: 0 },
            { host: 'box', omitted: 0 },
          ],
        },
      ],
    })
  })
})
