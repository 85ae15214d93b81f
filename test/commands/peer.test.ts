import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../daemon/temporary-home.js'
import { runCommand } from './run-command.js'

function world() {
  const folder = temporaryFolder()
  const env = { HOME: folder, HOLDFAST_HOME: join(folder, 'hf'), HOLDFAST_NAME: 'alder' }
  return { run: (...args: string[]) => runCommand(args, env) }
}

it('keeps peers in the config, and asks before one is removed', async () => {
  const { run } = world()
  const added = await run('peer', 'add', 'b', 'exec:exit 9', '--pull-only', '--json')
  expect(added.code).toBe(0)
  const peer = { name: 'b', url: 'exec:exit 9', direction: 'pull', projects: [], key: null }
  expect(JSON.parse(added.stdout)).toEqual({ name: 'b', reached: false, peers: [peer] })
  expect(added.stderr).toContain('was not reached')
  expect(JSON.parse((await run('peers', '--json')).stdout)).toEqual({ peers: [peer], connected: [] })
  expect(await run('peer', 'list')).toMatchObject({
    code: 0,
    stdout: 'b\tpull only\tnot met yet\texec:exit 9\n',
  })
  expect((await run('sync', '--push')).code).toBe(2)
  expect(await run('peer', 'remove', 'b')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--yes'),
  })
  expect(await run('peer', 'remove', 'b', '--yes')).toMatchObject({ code: 0 })
  expect((await run('peer', 'remove', 'b', '-y')).code).toBe(3)
})

it('says what is wrong', async () => {
  const { run } = world()
  const share = await run('peer', 'add', 'b', 'share:///mnt/nas', '--json')
  expect(share.code).toBe(2)
  expect(JSON.parse(share.stdout)).toMatchObject({ error: { code: 'USAGE' } })
  const none = await run('sync', '--json')
  expect([none.code, JSON.parse(none.stdout)]).toMatchObject([3, { error: { code: 'PEER_UNKNOWN' } }])
  expect((await run('sync', 'nobody')).code).toBe(3)
  expect((await run('serve')).code).toBe(2)
  // Nobody is at the other end of its standard input, and nothing but the protocol goes out.
  const served = await run('serve', '--stdio')
  expect(served.code).toBe(6)
  expect(served.stdout).not.toMatch(/Error|Next/)
  expect(served.stderr).toMatch(/^Error: .+\nNext: .+\n$/)
})
