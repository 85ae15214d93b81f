import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import type { Listening } from '../../src/daemon/serve-listen.js'
import { needs } from '../needs.js'
import { SyncHome, type Running } from '../sync/home.js'
import { clientKey } from '../transport/ssh-server/key-pair.js'

const homes: SyncHome[] = []
const running: Running[] = []
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  for (const home of homes.splice(0)) await home.dispose()
})

/** Starts `serve --listen` and waits for its first line. */
async function listening(home: SyncHome): Promise<Running & { listening: Listening }> {
  const one = home.spawn('serve', '--listen', '127.0.0.1:0', '--json')
  running.push(one)
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    one.child.stdout?.on('data', (chunk: string) => {
      text += chunk
      if (text.includes('\n')) resolve(text)
    })
    one.ended.then(({ stderr }) => reject(new Error(stderr)), reject)
  })
  return { ...one, listening: JSON.parse(line) as Listening }
}

/** What one host recorded of its own sessions is all at the other. */
async function hold(holder: SyncHome, owner: SyncHome): Promise<void> {
  const held = await holder.replay(owner.name)
  for (const [path, bytes] of owner.expected) expect([path, held.get(path)]).toEqual([path, bytes])
}

needs('ssh').it('two homes sync through `serve --listen`, without a daemon and with one', async () => {
  const [a, b] = [new SyncHome('alder'), new SyncHome('birch')]
  homes.push(a, b)
  a.generate('alder', 100_000, 4)
  b.generate('birch', 100_000, 4)
  await a.record()
  await b.record()
  const pair = clientKey('ada@alder')
  const key = join(a.folder, 'key')
  writeFileSync(key, pair.private, { mode: 0o600 })
  mkdirSync(b.holdfastHome, { recursive: true, mode: 0o700 })
  writeFileSync(join(b.holdfastHome, 'authorized_keys'), `restrict ${pair.public}\n`)
  chmodSync(join(b.holdfastHome, 'authorized_keys'), 0o600)
  const server = await listening(b)
  const { host, port, fingerprint, authorizedKeys, keys, peerAdd } = server.listening
  expect({ host, authorizedKeys, keys }).toEqual({
    host: '127.0.0.1',
    authorizedKeys: join(b.holdfastHome, 'authorized_keys'),
    keys: 1,
  })
  expect(peerAdd).toBe(`holdfast peer add birch ssh://127.0.0.1:${port} --accept-host-key ${fingerprint}`)
  const trust =
    '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes'
  const url = `exec:exec ssh -F none ${trust} -i '${key}' -p ${port} 127.0.0.1 holdfast serve --stdio`
  expect(await a.json(['peer', 'add', 'b', url])).toMatchObject({ reached: true })
  await a.json(['sync'])
  await hold(b, a)
  await hold(a, b)
  // The very same server, while a daemon has the store.
  expect((await b.run('daemon', 'start')).code).toBe(0)
  a.say('one more')
  await a.json(['sync'])
  await hold(b, a)
  expect((await b.spawn('serve', '--listen', `127.0.0.1:${port}`, '--json').ended).stdout).toContain(
    'ADDRESS_IN_USE',
  )
  server.child.kill('SIGTERM')
  const { code, stdout } = await server.ended
  expect(code).toBe(0)
  expect(JSON.parse(stdout.split('\n')[1] ?? '')).toMatchObject({ served: 3, failed: 0 })
})
