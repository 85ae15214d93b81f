import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveConflict } from '../../src/daemon/operations/conflict-resolve.js'
import { plannedSessions, writeSessions } from '../../src/daemon/operations/conflict-split.js'
import { record } from '../../src/daemon/operations/record.js'
import { claudeActive } from '../../src/engine/formats/claude-active-merge.js'
import {
  asked,
  claudeLine,
  forkedHomes,
  onlyConflict,
  projectPath,
  sessionId,
  shared,
  tails,
  viewOf,
} from './conflict-world.js'
import { meet, namedHome } from './peer-world.js'
import { keptIo, type RecordedHome } from './recorded-home.js'

/** Reads a session as the agent does that resumes it, and takes offence at anything odd. */
function strictly(bytes: string, id: string): string[] {
  expect(bytes.endsWith('\n')).toBe(true)
  const lines = bytes.trimEnd().split('\n')
  const records = lines.map((line) => JSON.parse(line) as { sessionId: string; message: { content: string } })
  expect(new Set(records.map((each) => each.sessionId))).toEqual(new Set([id]))
  expect(claudeActive(Buffer.from(bytes))).toMatchObject({ orphans: [], unanswered: [] })
  return records.map(({ message }) => message.content)
}

function sessionFiles(home: RecordedHome): string[] {
  return readdirSync(dirname(home.path(projectPath(home)))).sort()
}

const texts = (lines: readonly string[]): string[] =>
  lines.map((line) => (JSON.parse(line) as { message: { content: string } }).message.content)

describe('splitting a session', () => {
  it.each(['mac', 'box'] as const)('on %s makes two that can be resumed, everywhere', async (decider) => {
    const homes = await forkedHomes()
    const home = homes[decider]
    const { id } = await onlyConflict(home)
    const preview = await asked(home).preview(id, 'split')
    const { sessions, conflict } = await asked(home).resolve(id, 'split')
    expect(conflict.status).toBe('resolved')
    expect(sessions).toEqual(preview.sessions)
    const [made] = sessions
    if (!made || sessions.length !== 1) throw new Error('one session leaves')
    expect(made).toMatchObject({ host: 'box', path: home.path(projectPath(home, `${made.session}.jsonl`)) })
    expect(statSync(made.path).mode & 0o777).toBe(0o600)
    expect(sessionFiles(home)).toEqual([`${sessionId}.jsonl`, `${made.session}.jsonl`].sort())
    await meet(homes.mac, homes.box)
    for (const each of [homes.mac, homes.box]) {
      expect(await asked(each).list()).toMatchObject({ conflicts: [], counts: { open: 0, resolved: 1 } })
      const stays = (await viewOf(each)) ?? ''
      const leaves = (await viewOf(each, `${made.session}.jsonl`)) ?? ''
      expect(strictly(stays, sessionId)).toEqual(texts([...shared, ...tails.mac]))
      expect(strictly(leaves, made.session)).toEqual(texts([...shared, ...tails.box]))
    }
  })

  it('makes no second copy where it was killed before the decision, also where the branch grew since', async () => {
    const { mac, box } = await forkedHomes()
    const { id } = await onlyConflict(mac)
    const args = { id, choice: 'split' as const, host: 'mac' }
    await mac.withKilled(async (runtime) => {
      await record(runtime, {}, keptIo())
      await writeSessions(runtime, await plannedSessions(runtime, args))
    })
    expect(await asked(mac).count()).toBe(1)
    const before = sessionFiles(mac)
    expect(before).toHaveLength(2)
    box.append(projectPath(box), claudeLine('b2', 'b1', 'box two'))
    await box.record()
    await meet(mac, box)
    const { sessions } = await mac.with((runtime) =>
      resolveConflict(runtime, { ...args, dryRun: false }, keptIo()),
    )
    expect(sessionFiles(mac)).toEqual(before)
    const text = (await viewOf(mac, `${sessions[0]?.session}.jsonl`)) ?? ''
    expect(strictly(text, sessions[0]?.session ?? '')).toEqual(
      texts([...shared, ...tails.box, claudeLine('b2', 'b1', 'box two')]),
    )
    expect(await mac.verify()).toMatchObject({ ok: true })
  })

  it('never writes over a file of somebody else', async () => {
    const { mac } = await forkedHomes()
    const { id } = await onlyConflict(mac)
    const [first] = (await asked(mac).preview(id, 'split')).sessions
    writeFileSync(first?.path ?? '', 'mine\n')
    const [second] = (await asked(mac).preview(id, 'split')).sessions
    expect(second?.path).not.toBe(first?.path)
    writeFileSync(second?.path ?? '', 'mine too\n')
    await expect(asked(mac).resolve(id, 'split')).rejects.toMatchObject({ code: 'TARGET_EXISTS' })
    expect(await asked(mac).count()).toBe(1)
    expect(readFileSync(first?.path ?? '', 'utf8')).toBe('mine\n')
    expect(readdirSync(dirname(first?.path ?? '')).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('takes subagents and todo lists along', async () => {
    const { mac, box } = await forkedHomes()
    box.write(projectPath(box, `${sessionId}/subagents/agent-1.jsonl`), claudeLine('s', null, 'subagent'))
    mkdirSync(join(mac.user, '.claude/todos'), { recursive: true })
    writeFileSync(join(mac.user, `.claude/todos/${sessionId}-agent-${sessionId}.json`), '[]')
    await box.record()
    await mac.record()
    await meet(mac, box)
    const { id } = await onlyConflict(mac)
    const { sessions } = await asked(mac).resolve(id, 'split')
    const session = sessions[0]?.session ?? ''
    const beside = mac.path(projectPath(mac, `${session}/subagents/agent-1.jsonl`))
    expect(strictly(readFileSync(beside, 'utf8'), session)).toEqual(['subagent'])
    expect(existsSync(join(mac.user, `.claude/todos/${session}-agent-${session}.json`))).toBe(true)
  })

  it('works on a host that never wrote the session', async () => {
    const { mac, box } = await forkedHomes()
    const hub = namedHome('hub')
    await hub.record()
    await meet(hub, mac, { peer: { name: 'mac' } })
    const { id } = await onlyConflict(hub)
    const { sessions } = await asked(hub).resolve(id, 'split', 'box')
    expect(sessions).toMatchObject([
      { host: 'mac', path: hub.path(projectPath(hub, `${sessions[0]?.session}.jsonl`)) },
    ])
    await meet(hub, box, { peer: { name: 'box' } })
    expect(await asked(box).count()).toBe(0)
    expect(await viewOf(box, `${sessions[0]?.session}.jsonl`)).toContain('mac two')
  })

  it('splits a rollout, whose branches can’t be joined', async () => {
    const [mac, box] = [namedHome('mac'), namedHome('box')]
    const file = `.codex/sessions/2026/01/02/rollout-2026-01-02T03-04-05-${sessionId}.jsonl`
    const meta = `${JSON.stringify({ timestamp: 't', type: 'session_meta', payload: { id: sessionId, cwd: '/x' } })}\n`
    const said = (text: string): string =>
      `${JSON.stringify({ timestamp: 't', type: 'event_msg', payload: { type: 'user_message', message: text } })}\n`
    const put = (home: RecordedHome, text: string): void => {
      mkdirSync(dirname(join(home.user, file)), { recursive: true })
      writeFileSync(join(home.user, file), text)
    }
    for (const home of [mac, box]) {
      put(home, meta + said('start'))
      await home.record()
      put(home, meta + said('start') + said(`from ${home.home.hostName}`))
      await home.record()
    }
    await meet(mac, box)
    const conflict = await onlyConflict(box)
    expect(conflict.choices).toEqual(['split', 'keep'])
    await expect(asked(box).resolve(conflict.id, 'union')).rejects.toMatchObject({
      code: 'USAGE',
      next: 'Resolve it with --split or --keep HOST.',
    })
    const { sessions } = await asked(box).resolve(conflict.id, 'split', 'box')
    const [made] = sessions
    expect(made?.host).toBe('mac')
    expect(readFileSync(made?.path ?? '', 'utf8')).toBe(
      meta.replace(sessionId, made?.session ?? '') + said('start') + said('from mac'),
    )
    await meet(mac, box)
    expect(await viewOf(mac, file.slice(file.lastIndexOf('/') + 1))).toContain('from box')
    expect(await asked(mac).count()).toBe(0)
  })
})
