import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeDaemon } from './fake-daemon.js'
import { line, sessionHome, sessions } from './session-home.js'

interface Versions {
  readonly total: number
  readonly versions: readonly { readonly at: string; readonly size: number; readonly kind: string }[]
}

describe('list, versions, replay and verify', () => {
  it('lead from a session to its bytes of any moment', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    const first = readFileSync(home.file('shop'))
    appendFileSync(home.file('shop'), line('third'))
    await home.json(0, 'record')

    const { sessions: rows } = await home.json<{ sessions: Record<string, unknown>[] }>(0, 'list')
    expect(rows.map(({ id }) => id)).toEqual([sessions.shop, sessions.blog])
    expect(rows[0]).toMatchObject({ root: 'claude', host: 'ada', state: 'live', epochs: 1 })
    const { sessions: one } = await home.json<{ sessions: unknown[] }>(0, 'list', '--limit', '1')
    expect(one).toEqual(rows.slice(0, 1))
    const { stdout } = await home.run('list', '--project', String(rows[1]?.['project']))
    expect(stdout.split('\t')).toEqual([
      sessions.blog,
      rows[1]?.['last'],
      String(rows[1]?.['bytes']),
      'live',
      'claude',
      rows[1]?.['project'],
      `${String(rows[1]?.['path'])}\n`,
    ])

    const { versions, total } = await home.json<Versions>(0, 'versions', 'aaaa1')
    expect(versions.map(({ kind }) => kind)).toEqual(['append', 'append'])
    expect([total, versions[1]?.size]).toEqual([2, first.length])
    expect(await home.json<Versions>(0, 'versions', 'aaaa1', '--limit', '1')).toMatchObject({
      total: 2,
      versions: versions.slice(0, 1),
    })
    const all = await home.run('versions', 'aaaa1', '--limit', '1', '--all')
    expect(all.stdout.trimEnd().split('\n')).toHaveLength(2)

    const old = await home.run('replay', sessions.shop, '--at', String(versions[1]?.at), '--stdout')
    expect(old).toEqual({ code: 0, stdout: first.toString(), stderr: '' })
    const byPath = await home.run(
      'replay',
      `./.claude/projects/-home-ada-shop/${sessions.shop}.jsonl`,
      '--stdout',
    )
    expect(byPath.stdout).toBe(readFileSync(home.file('shop'), 'utf8'))

    expect(await home.json(0, 'replay', '--to', 'out', '--verify')).toMatchObject({
      files: 2,
      mismatches: [],
    })
    const rebuilt = join(home.folder, 'out', 'claude', '-home-ada-shop', `${sessions.shop}.jsonl`)
    expect(readFileSync(rebuilt)).toEqual(readFileSync(home.file('shop')))
    expect(await home.json(1, 'replay', '--to', 'out')).toMatchObject({ error: { code: 'TARGET_EXISTS' } })

    // A daemon has another working folder: the target stays the caller's.
    await home.json(0, 'daemon', 'start')
    const { stdout: text } = await home.run(
      'replay',
      '--to',
      'out2',
      '--project',
      String(rows[0]?.['project']),
    )
    expect(text).toBe(
      `Rebuilt 1 file, ${readFileSync(home.file('shop')).length} B, in ${home.folder}/out2.\n`,
    )
  })

  it('exit 5 where files are not as recorded', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    const ok = await home.run('verify')
    expect(ok).toEqual({ code: 0, stdout: 'All is as it was recorded: 3 events and 2 files.\n', stderr: '' })
    appendFileSync(home.file('blog'), line('more'))
    expect(await home.json(0, 'verify')).toMatchObject({
      ok: true,
      events: 3,
      files: 2,
      grown: 1,
      problems: [],
    })
    const { stdout: grown } = await home.run('verify')
    expect(grown).toContain('\n1 file has grown since; `holdfast record` records what is new.\n')
    truncateSync(home.file('shop'), 10)
    expect(await home.json(5, 'verify')).toMatchObject({ ok: false, problems: [{ what: 'shortened' }] })
    const text = await home.run('verify')
    expect(text.stdout).toMatch(
      /1 thing is not as recorded:\n {2}claude .* was cut short\nNext: `holdfast recover`/,
    )
    expect(await home.json(5, 'replay', '--to', 'out', '--verify')).toMatchObject({
      mismatches: [{ root: 'claude', reason: 'differs' }],
    })
    const replayed = await home.run('replay', '--to', 'out3', '--verify')
    expect(replayed.stdout).toMatch(/1 file is not as recorded:\n {2}claude -home-ada-shop\/.*is another\n$/)
  })

  it('tell known losses apart from new damage', async () => {
    const home = sessionHome()
    const lost = [{ log: 'ab'.repeat(16), from: 3, to: 5 }]
    await fakeDaemon(home.env, { verify: { ok: true, events: 9, files: 2, grown: 0, problems: [], lost } })
    expect(await home.run('verify')).toEqual({
      code: 0,
      stdout:
        'All is as it was recorded: 9 events and 2 files.\n2 events known as lost: versions that need them are gone.\n',
      stderr: '',
    })
  })

  it('refuse what makes no sense, and say what is not known', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    const cases: [string[], number, string][] = [
      [['replay'], 2, 'USAGE'],
      [['replay', 'aaaa1', '--to', 'x', '--stdout'], 2, 'USAGE'],
      [['replay', 'aaaa1', '--stdout'], 2, 'USAGE'],
      [['replay', '--epoch', '0', '--to', 'x'], 2, 'USAGE'],
      [['replay', 'aaaa1', '--at', 'yesterday', '--to', 'x'], 2, 'WHEN_INVALID'],
      [['replay', 'aaaa1', '--host', 'nobody', '--to', 'x'], 3, 'HOST_UNKNOWN'],
      [['replay', '--root', 'codex', '--to', 'x'], 3, 'ROOT_UNKNOWN'],
      [['versions', 'aaaa'], 2, 'SESSION_AMBIGUOUS'],
      [['versions', 'bbbb'], 3, 'SESSION_UNKNOWN'],
      [['list', '--project', 'nothing'], 3, 'PROJECT_UNKNOWN'],
      [['list', '--limit', '0'], 2, 'USAGE'],
    ]
    const answers = await Promise.all(cases.map(([args, code]) => json(args, code)))
    expect(answers).toEqual(cases.map(([, , code]) => code))
    mkdirSync(join(home.folder, 'x'))
    writeFileSync(join(home.folder, 'x', 'mine'), '')
    const { code, stderr } = await home.run('replay', '--to', 'x')
    expect([code, stderr]).toEqual([
      1,
      `Error: ${home.folder}/x is not empty\nNext: Name an empty folder or one that does not exist yet.\n`,
    ])

    async function json(args: string[], exit: number): Promise<string> {
      return (await home.json<{ error: { code: string } }>(exit, ...args)).error.code
    }
  })
})
