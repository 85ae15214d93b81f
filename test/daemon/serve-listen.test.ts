import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clientKey } from '../transport/ssh-server/key-pair.js'
import { meetOver, type PeerSession } from '../../src/daemon/peer-session.js'
import { serveListen } from '../../src/daemon/serve-listen.js'
import type { Listening, ServeListenOptions, ServeListenResult } from '../../src/daemon/serve-listen.js'
import { AuthorizedFile, ownAuthorizedKeys } from '../../src/daemon/serve-listen-authorized.js'
import { serverKey, serverKeyFile } from '../../src/daemon/serve-listen-key.js'
import { startCommand } from '../../src/platform/node-command.js'
import { systemClock } from '../../src/platform/system-clock.js'
import { openExecLink } from '../../src/transport/links/exec-link.js'
import { needs } from '../needs.js'
import { keptIo, type RecordedHome } from './recorded-home.js'
import { namedHome, replayed } from './peer-world.js'
import { temporaryFolder, temporaryHome } from './temporary-home.js'

interface Running {
  readonly listening: Listening
  readonly notes: string[]
  stop(): Promise<ServeListenResult>
}

const running: Running[] = []
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop()
})

async function listen(
  home: RecordedHome['home'],
  options: Partial<ServeListenOptions> = {},
): Promise<Running> {
  const stop = new AbortController()
  const notes: string[] = []
  let ended: Promise<ServeListenResult> | undefined
  const listening = await new Promise<Listening>((resolve, reject) => {
    ended = serveListen({
      home,
      listen: '127.0.0.1:0',
      signal: stop.signal,
      onListening: resolve,
      onNote: (words) => notes.push(words),
      ...options,
    })
    ended.catch(reject)
  })
  const one: Running = {
    listening,
    notes,
    stop: () => {
      stop.abort()
      return ended!
    },
  }
  running.push(one)
  return one
}

/** A key of a client: authorized at a home, and in a file for the `ssh` command. */
function authorise(home: RecordedHome['home']): string {
  const pair = clientKey('ada@alder')
  const file = join(temporaryFolder(), 'key')
  writeFileSync(file, pair.private, { mode: 0o600 })
  writeFileSync(ownAuthorizedKeys(home), `${pair.public}\n`)
  return file
}

/** Meets the home that listens, as `sync` does with the command that reaches it. */
function meetBySsh(from: RecordedHome, { listening }: Running, key: string): Promise<PeerSession> {
  const trust = '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR'
  const command = `exec ssh -F none -o BatchMode=yes ${trust} -i ${key} -p ${listening.port} 127.0.0.1 holdfast serve --stdio`
  return from.with((runtime) =>
    meetOver(
      runtime,
      { name: 'peer', url: 'exec:true', direction: 'both' },
      () => openExecLink({ command, start: startCommand, clock: systemClock }),
      { send: true, receive: true, dryRun: false },
      keptIo(),
    ),
  )
}

needs('ssh').describe('hosts that meet through the embedded server', () => {
  let alder: RecordedHome
  let birch: RecordedHome

  beforeEach(async () => {
    alder = namedHome('alder')
    birch = namedHome('birch')
    alder.write('p/a.jsonl', 'one\ntwo\n')
    birch.write('p/b.jsonl', 'birch\n')
    await alder.record()
    await birch.record()
  })

  it('hold each other’s files', async () => {
    const key = authorise(birch.home)
    const server = await listen(birch.home)
    const { result } = await meetBySsh(alder, server, key)
    expect(result.forks).toEqual([])
    expect(Math.min(result.sent, result.received)).toBeGreaterThan(0)
    expect(await meetBySsh(alder, server, key)).toMatchObject({ result: { sent: 0, received: 0 } })
    expect(await server.stop()).toEqual({ served: 2, failed: 0 })
    expect(server.notes).toContain(
      `127.0.0.1 (ada@alder): alder took ${result.received} events and gave ${result.sent}`,
    )
    expect(await replayed(birch, 'alder')).toMatchObject({ 'p/a.jsonl': 'one\ntwo\n' })
    expect(await replayed(alder, 'birch')).toMatchObject({ 'p/b.jsonl': 'birch\n' })
  })

  it('are served one after the other while no daemon runs, and open one log', async () => {
    const cedar = namedHome('cedar')
    cedar.write('p/c.jsonl', 'cedar\n')
    await cedar.record()
    const key = authorise(birch.home)
    const server = await listen(birch.home)
    await Promise.all([alder, cedar].map((home) => meetBySsh(home, server, key)))
    expect(await server.stop()).toEqual({ served: 2, failed: 0 })
    for (const [host, files] of Object.entries({
      alder: { 'p/a.jsonl': 'one\ntwo\n' },
      cedar: { 'p/c.jsonl': 'cedar\n' },
    }))
      expect(await replayed(birch, host)).toMatchObject(files)
    const logs = await birch.with((runtime) => Promise.resolve(runtime.store.reader.logs()))
    expect(logs.filter(({ hostName }) => hostName === 'birch')).toHaveLength(1)
  })

  it('are told what keeps them apart', async () => {
    const key = authorise(birch.home)
    const server = await listen(birch.home)
    // A command that has the store for itself.
    await birch.with(async () => {
      await expect(meetBySsh(alder, server, key)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
    })
    writeFileSync(ownAuthorizedKeys(birch.home), '')
    await expect(meetBySsh(alder, server, key)).rejects.toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.stringContaining('Permission denied (publickey)'),
    })
    expect(await server.stop()).toEqual({ served: 0, failed: 1 })
  })
})

describe('a start of the embedded server', () => {
  it('shows the same key every time, and what to type elsewhere', async () => {
    const home = temporaryHome()
    const first = await listen(home)
    const { listening } = first
    expect(listening).toMatchObject({
      host: '127.0.0.1',
      fingerprint: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/),
      authorizedKeys: ownAuthorizedKeys(home),
      keys: 0,
      peerAdd: `holdfast peer add test ssh://127.0.0.1:${listening.port} --accept-host-key ${listening.fingerprint}`,
    })
    expect(first.notes).toEqual([
      expect.stringMatching(/^Only this machine reaches 127\.0\.0\.1:/),
      expect.stringMatching(/^Nobody can log in yet/),
    ])
    const second = await listen(home)
    expect(second.listening.fingerprint).toBe(listening.fingerprint)
    expect(statSync(serverKeyFile(home.identityFolder)).mode & 0o777).toBe(0o600)
    await expect(listen(home, { listen: `127.0.0.1:${listening.port}` })).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
    })
  })

  it('refuses a key or a list that others could have touched, and what is neither', async () => {
    const home = temporaryHome()
    await (await listen(home)).stop()
    const file = serverKeyFile(home.identityFolder)
    chmodSync(file, 0o640)
    await expect(listen(home)).rejects.toMatchObject({ code: 'NOT_PRIVATE' })
    chmodSync(file, 0o600)
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^[^-].*$/gm, ''))
    expect(() => serverKey(home.identityFolder, 'x')).toThrow(
      expect.objectContaining({ code: 'NOT_READABLE' }),
    )
    const folder = temporaryFolder()
    const list = join(folder, 'list')
    await expect(listen(temporaryHome(), { authorizedKeys: list })).rejects.toMatchObject({
      code: 'NOT_READABLE',
    })
    writeFileSync(list, '')
    chmodSync(list, 0o666)
    await expect(listen(temporaryHome(), { authorizedKeys: list })).rejects.toMatchObject({
      code: 'NOT_PRIVATE',
    })
    chmodSync(list, 0o644)
    chmodSync(folder, 0o777)
    await expect(listen(temporaryHome(), { authorizedKeys: list })).rejects.toMatchObject({
      code: 'NOT_PRIVATE',
    })
    await expect(listen(temporaryHome(), { authorizedKeys: '/' })).rejects.toMatchObject({
      code: 'NOT_READABLE',
    })
  })
})

it('a list of keys counts as it is at each login, and its refused lines are told once', () => {
  const refused: unknown[] = []
  const folder = join(temporaryFolder(), 'f')
  mkdirSync(folder)
  const file = new AuthorizedFile(join(folder, 'keys'), (lines) => refused.push(...lines))
  expect(file.keys()).toEqual([])
  const [one, two] = [0, 1].map(() => clientKey().public)
  writeFileSync(file.path, `${one}\nfrom="x" ${two}\n`)
  expect(file.keys()).toHaveLength(1)
  expect(file.keys()).toHaveLength(1)
  expect(refused).toEqual([{ line: 2, reason: 'this server does not know the option from' }])
  writeFileSync(file.path, `${one}\n${two}\n`)
  expect(file.keys()).toHaveLength(2)
})
