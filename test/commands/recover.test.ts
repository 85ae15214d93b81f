import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fakeDaemon } from './fake-daemon.js'
import { sessionHome } from './session-home.js'

const nothing = {
  checked: 9,
  recorded: 0,
  restored: [],
  damaged: [],
  unmended: [],
  held: [],
  accepted: [],
  refilled: 0,
  verified: 2,
  newLog: null,
  dryRun: false,
}
const file = { root: 'claude', path: 'p/s.jsonl', reason: 'shortened' }

describe('recover', () => {
  it('says what it would do, does it, and starts the daemon that was killed', async () => {
    const home = sessionHome()
    const { pid } = await home.json<{ pid: number }>(0, 'daemon', 'start')
    await home.json(0, 'record')
    process.kill(pid, 'SIGKILL')
    const [shop, blog] = [readFileSync(home.file('shop')), readFileSync(home.file('blog'))]
    truncateSync(home.file('shop'), 10)
    rmSync(home.file('blog'))

    const dry = await home.run('recover', '-n')
    expect(dry.code).toBe(0)
    expect(dry.stdout).toMatch(
      /Would restore \(2\):\n {2}claude -home-ada-blog\/.*\n {2}claude -home-ada-shop\//,
    )
    expect([existsSync(home.file('blog')), readFileSync(home.file('shop')).length]).toEqual([false, 10])
    expect(await home.json(0, 'daemon', 'status')).toMatchObject({ running: false })

    const { code, stdout, stderr } = await home.run('recover')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Found damaged \(2\):\n(?: {2}.*\n){2}Restored \(2\):\n/)
    expect(stdout).toMatch(/All is mended\.\nThe daemon runs again\.\n$/)
    expect([readFileSync(home.file('shop')), readFileSync(home.file('blog'))]).toEqual([shop, blog])
    const daemon = await home.json<{ pid: number }>(0, 'daemon', 'status')
    expect(daemon).toMatchObject({ running: true })
    expect(daemon.pid).not.toBe(pid)
    expect(await home.json(0, 'recover')).toMatchObject({ damaged: [], restored: [], resumed: false })
  })

  it('takes a file as it is when told so', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    truncateSync(home.file('shop'), 10)
    expect(await home.json(0, 'recover', '--accept')).toMatchObject({
      accepted: [{ root: 'claude' }],
      restored: [],
    })
    expect(readFileSync(home.file('shop')).length).toBe(10)
    expect(await home.json(0, 'verify')).toMatchObject({ ok: true })
    const { stdout } = await home.run('replay', 'aaaa1', '--epoch', '0', '--stdout')
    expect(stdout.length).toBeGreaterThan(10)
  })

  it.each([
    [0, {}, 'Nothing is damaged.'],
    [
      4,
      { held: [{ ...file, why: 'open in process 7' }] },
      'claude p/s.jsonl was cut short: open in process 7',
    ],
    [
      5,
      { unmended: [{ what: 'hole', log: 'ab'.repeat(16), from: 3, to: 5 }] },
      'events 3 to 4 of the log abab',
    ],
    [
      5,
      { held: [{ ...file, why: 'x' }], unmended: [{ ...file, why: 'it still differs' }] },
      'it still differs',
    ],
  ])('exits %i for what is left, %j', async (exit, left, text) => {
    const home = sessionHome()
    await fakeDaemon(home.env, { recover: { ...nothing, ...left } })
    const { code, stdout } = await home.run('recover')
    expect(code).toBe(exit)
    expect(stdout).toContain(text)
    expect(await home.json(exit, 'recover')).toEqual({
      ...nothing,
      ...left,
      resumed: false,
      resumeError: null,
    })
  })
})
