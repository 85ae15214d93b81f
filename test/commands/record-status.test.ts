import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fakeDaemon } from './fake-daemon.js'
import { line, sessionHome } from './session-home.js'

const recorded = { files: 2, events: 0, bytes: 0, newLog: null, suspects: [], problems: [], damage: 0 }

describe('record and status', () => {
  it('say what there is, without a daemon and with one', async () => {
    const home = sessionHome()
    expect(await home.json(0, 'record')).toMatchObject({ files: 2, events: 2, suspects: [], problems: [] })
    appendFileSync(home.file('shop'), line('third'))
    expect(await home.json(0, 'record')).toMatchObject({ files: 2, events: 1, bytes: line('third').length })
    const text = await home.run('record')
    expect(text).toEqual({ code: 0, stdout: 'Nothing new; looked at 2 files.\n', stderr: '' })

    const before = await home.json(0, 'status')
    expect(Object.keys(before)).toEqual(
      expect.arrayContaining(
        'host daemon streams events bytes peers held conflicts lastEvent disk'.split(' '),
      ),
    )
    expect(before).toMatchObject({
      host: 'ada',
      daemon: { running: false, pid: null },
      streams: 2,
      events: 4,
      peers: [],
      held: [],
      conflicts: 0,
      suspects: [],
      problems: [],
    })
    const daemon = await home.json<{ pid: number }>(0, 'daemon', 'start')
    const after = await home.json(0, 'status')
    expect(after).toMatchObject({ recording: true, daemon: { running: true, pid: daemon.pid } })
    expect(after['events']).toBeGreaterThanOrEqual(before['events'] as number)
    const { stdout } = await home.run('status')
    expect(stdout).toMatch(/^host +ada, log [0-9a-f]{12}\n/)
    expect(stdout).toMatch(new RegExp(`^daemon +recording \\(pid ${daemon.pid}, started `, 'm'))
    expect(stdout).toMatch(/^recorded +2 files, \d+ events, \d+ B$/m)
    expect(stdout).toContain(`claude  2 files  ${home.folder}/.claude/projects\n`)
    expect(stdout).not.toContain('\u001b')
  })

  it('exit 4 with the next step where a file may be damaged, and show it', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    truncateSync(home.file('shop'), 10)
    const { code, stdout } = await home.run('record')
    expect(code).toBe(4)
    expect(stdout).toMatch(
      /1 file is kept out of history.*\n {2}claude -home-ada-shop\/aaaa1111.* was cut short/,
    )
    expect(stdout).toMatch(/\nNext: `holdfast recover`\.\n$/)
    expect(await home.json(4, 'record')).toMatchObject({ suspects: [{ reason: 'shortened', size: 10 }] })
    const status = await home.run('status')
    expect([status.code, status.stderr]).toEqual([0, ''])
    expect(status.stdout).toMatch(/kept out of history; next: `holdfast recover`\n {2}claude -home-ada-shop/)
  })

  it('warn of what can’t be recorded, and record the rest', async () => {
    const home = sessionHome()
    symlinkSync('/etc/hostname', join(dirname(home.file('shop')), 'link.jsonl'))
    const { code, stdout, stderr } = await home.run('record')
    expect([code, stderr]).toEqual([
      0,
      'Warning: not recorded: claude -home-ada-shop/link.jsonl: a symbolic link is not followed\n',
    ])
    expect(stdout).toMatch(/^Recorded \d+ B in 2 events/)
    expect(await home.json(0, 'record')).toMatchObject({ problems: [{ code: 'link' }] })
  })

  it('exit 5 where the log is damaged, whatever else there is', async () => {
    const home = sessionHome()
    const suspect = {
      root: 'claude',
      path: 'a\u001b[31m',
      reason: 'missing',
      recorded: 5,
      size: 0,
      found: '',
    }
    await fakeDaemon(home.env, { record: { ...recorded, damage: 2, suspects: [suspect] } })
    const { code, stdout, stderr } = await home.run('record')
    expect([code, stderr]).toEqual([5, 'Warning: the log is damaged in 2 places.\n'])
    expect(stdout).toContain('claude a\\x1b[31m is not on disk')
    expect(await home.json(5, 'record')).toMatchObject({ damage: 2 })
  })

  it('need something recorded, and a config that is right', async () => {
    const home = sessionHome()
    for (const command of ['status', 'list', 'verify', 'project', 'host']) {
      const { code, stderr } = await home.run(command)
      expect([command, code]).toEqual([command, 3])
      expect(stderr).toMatch(/^Error: nothing is recorded.*\nNext: Run `holdfast init` or `holdfast up`\.\n$/)
    }
    expect(await home.json(3, 'status')).toMatchObject({ error: { code: 'NOT_INITIALISED' } })
    mkdirSync(join(home.folder, 'h'), { recursive: true, mode: 0o700 })
    writeFileSync(join(home.folder, 'h', 'config.yaml'), 'sweep: [\n', { mode: 0o600 })
    expect(await home.json(2, 'record')).toMatchObject({ error: { code: 'CONFIG_INVALID' } })
  })
})
