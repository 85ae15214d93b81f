import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Link } from '../../../src/engine/ports/link.js'
import { startProgram } from '../../../src/platform/start-program.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import type { StartedCommand } from '../../../src/transport/links/exec-link.js'
import { parseDockerUrl, parseKubeUrl } from '../../../src/transport/links/pod-address.js'
import { openPodLink } from '../../../src/transport/links/pod-link.js'
import { StdioLink } from '../../../src/transport/links/stdio-link.js'
import { linkSuite } from '../../suites/link-suite.js'
import type { LinkWorld } from '../../suites/link-suite.js'
import { Containers } from './containers.js'
import type { Scene, StandInPod } from './containers.js'

let containers: Containers
beforeAll(() => {
  containers = new Containers()
})
afterAll(() => containers.dispose())

const addressOf = (url: string) => (url.startsWith('kube:') ? parseKubeUrl(url) : parseDockerUrl(url))

interface Opened {
  readonly link: Link
  readonly started: StartedCommand[]
}

function open(url: string, holdfastCommand: string): Opened {
  const started: StartedCommand[] = []
  const link = openPodLink({
    address: addressOf(url),
    clock: systemClock,
    holdfastCommand,
    start: (argv) => {
      const one = startProgram(argv)
      started.push(one)
      return one
    },
  })
  return { link, started }
}

const inDocker = (): Scene => ({ containers: [{ name: 'agent', home: containers.home('agent') }] })
const pod = (name: string, more: Partial<StandInPod> = {}): StandInPod => ({
  namespace: 'agents',
  name,
  containers: [{ name: 'main', home: containers.home('main') }],
  ...more,
})
const inPods = (...pods: readonly StandInPod[]): Scene => ({
  contexts: { here: { pods }, down: { down: true }, no: { forbidden: true, pods } },
})

/** Joins its stdio to a socket: what `serve --stdio` does with the daemon's. */
const bridge = `const s = require('net').connect({ path: process.argv[1], allowHalfOpen: true })
process.stdin.pipe(s); s.pipe(process.stdout); s.on('error', () => process.exit(1))`

async function worldOf(url: string, scene: Scene): Promise<LinkWorld> {
  containers.set(scene)
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-pod-'))
  const server = createServer({ allowHalfOpen: true })
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve))
  const { link: near, started } = open(
    url,
    `exec '${process.execPath}' -e "${bridge}" '${join(folder, 's')}'`,
  )
  const socket = await accepted
  return {
    near,
    far: new StdioLink('near', socket, socket),
    cut: () => started.at(-1)?.kill(true),
    dispose: async () => {
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

linkSuite('docker exec', () => worldOf('docker://agent', inDocker()))
linkSuite('kubectl exec', () => worldOf('kube://agents/pod/worker-0?container=main', inPods(pod('worker-0'))))
linkSuite('kubectl exec, to a pod that a selector chooses', () =>
  worldOf(
    'kube://agents/deployment/worker?selector=app=worker',
    inPods(pod('worker-0', { labels: { app: 'worker' } })),
  ),
)

/** All that comes out of a link until it ends, and what it ends with. */
async function outcome({ link }: Opened): Promise<{ text: string; error: unknown }> {
  const chunks: Uint8Array[] = []
  let error: unknown
  try {
    for await (const chunk of link.receive) chunks.push(chunk)
  } catch (failure) {
    error = failure
  }
  await link.close(new Error('over'))
  return { text: Buffer.concat(chunks).toString(), error }
}

describe('a link into a container', () => {
  afterEach(() => containers.set({}))

  it('runs the far command with its own home, whatever is in it', async () => {
    const odd = `printf '%s|' "$HOME" 'a "b" $c \\ *' "\${HOLDFAST_TEST_CONTAINERS-unset}"`
    containers.set(inDocker())
    expect(await outcome(open('docker://agent', odd))).toEqual({
      text: `${containers.home('agent')}|a "b" $c \\ *|unset|`,
      error: undefined,
    })
    containers.set(inPods(pod('p')))
    expect(await outcome(open('kube://agents/pod/p', odd))).toMatchObject({
      text: `${containers.home('main')}|a "b" $c \\ *|unset|`,
    })
  })

  it('finds the pod of a deployment, in the context that was named', async () => {
    containers.set({
      current: 'other',
      contexts: { other: {}, 'ada@prod': { pods: [pod('w-1', { owner: 'deployment/w' })] } },
    })
    expect(await outcome(open('kube://ada@prod@agents/deploy/w?container=main', 'echo here'))).toEqual({
      text: 'here\n',
      error: undefined,
    })
    expect(containers.calls()).toEqual([
      [
        'kubectl',
        '--context',
        'ada@prod',
        '-n',
        'agents',
        'exec',
        '-i',
        'deployment/w',
        '-c',
        'main',
        '--',
        'sh',
        '-c',
        'echo here',
      ],
    ])
  })

  it('chooses by a selector among those that run, the same one every time', async () => {
    const labels = { app: 'worker', tier: 'a' }
    const home = (name: string) => [{ name: 'main', home: containers.home(name) }]
    containers.set(
      inPods(
        pod('w-1', { labels, phase: 'Pending' }),
        pod('w-3', { labels, containers: home('w-3') }),
        pod('w-2', { labels, containers: home('w-2') }),
        pod('w-0', { labels: { app: 'other' } }),
        pod('a-0', { labels, namespace: 'elsewhere' }),
      ),
    )
    const chosen = async (name: string): Promise<string> =>
      (await outcome(open(`kube://agents/pod/${name}?selector=app=worker,tier in (a,b)`, 'basename $HOME')))
        .text
    expect(await chosen('w')).toBe('w-2\n')
    expect(await chosen('w-3')).toBe('w-3\n')
    expect(await chosen('w-1')).toBe('w-2\n')
  })

  it('can be closed while the pod is still looked for', async () => {
    containers.set({ ...inPods(), hangs: true })
    const one = open('kube://agents/pod/w?selector=app=worker', 'cat')
    const reading = outcome(one)
    await one.link.close(new Error('enough'))
    expect(await reading).toEqual({ text: '', error: undefined })
    await expect(one.link.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await Promise.all(one.started.map(({ ended }) => ended))
    expect(one.started).toHaveLength(1)
  })
})

describe('what keeps a link from being opened is named', () => {
  const none = 'holdfast-that-is-not-there'
  const [home, labels] = [() => containers.home('main'), { app: 'worker' }]
  const broken = (): Scene =>
    inPods(
      pod('up'),
      pod('done', { phase: 'Succeeded', labels: { app: 'done' } }),
      pod('pending', { phase: 'Pending' }),
      pod('slow', { containers: [{ name: 'main', home: home(), waiting: true }] }),
      pod('bare', { containers: [{ name: 'main', home: home(), shell: false }] }),
      pod('two', {
        labels,
        containers: [
          { name: 'a', home: home() },
          { name: 'b', home: home() },
        ],
      }),
    )
  const failed = (message: RegExp, next: RegExp, code = 'PEER_UNREACHABLE') =>
    expect.objectContaining({
      code,
      message: expect.stringMatching(message),
      next: expect.stringMatching(next),
    })

  it.each([
    [
      'nope@agents/pod/up',
      'true',
      failed(/^kube:\/\/nope@agents\/pod\/up: .*no such context.*: nope/, /get-contexts/),
    ],
    [
      'down@agents/pod/up',
      'true',
      failed(/cluster is not reached.*127\.0\.0\.1:1 was refused/, /cluster-info/),
    ],
    ['no@agents/pod/up', 'true', failed(/forbids it.*pods\/exec/, /pods\/exec/, 'PEER_REFUSED')],
    ['no@agents/pod/w?selector=app', 'true', failed(/forbids it.*cannot list/, /list/, 'PEER_REFUSED')],
    ['agents/pod/gone', 'true', failed(/no such thing.*pods "gone" not found/, /get pods/)],
    ['agents/deploy/gone', 'true', failed(/no such thing.*deployments\.apps "gone" not found/, /get pods/)],
    ['elsewhere/pod/up', 'true', failed(/no such thing/, /namespace/)],
    [
      'agents/pod/up?container=nope',
      'true',
      failed(/no such container.*container nope not found/, /\?container=/),
    ],
    ['agents/pod/done', 'true', failed(/does not run.*phase is Succeeded/, /describe pod/)],
    ['agents/pod/pending', 'true', failed(/does not run.*host assigned/, /describe pod/)],
    ['agents/pod/slow', 'true', failed(/does not run.*container not found/, /describe pod/)],
    ['agents/pod/bare', 'true', failed(/no shell/, /sidecar/)],
    ['agents/pod/up', none, failed(/there is no holdfast in it: .*not found/, /Install Holdfast/)],
    ['agents/pod/two', `${none} 2>/dev/null`, failed(/there is no holdfast in it$/, /--holdfast-path/)],
    [
      'agents/pod/two',
      'echo Bad luck. >&2; exit 3',
      failed(/kubectl ended with exit code 3: Bad luck\.$/, /peer test/),
    ],
    [
      'agents/pod/w?selector=app=gone',
      'true',
      failed(/there is no pod of namespace agents that “app=gone”/, /selector/),
    ],
    [
      'agents/pod/w?selector=app=done',
      'true',
      failed(/no pod .* runs; done is one/, /get pods -l 'app=done'/),
    ],
    [
      'agents/pod/up',
      'printf "Error: the store is in use (container is not running)\\nNext: Wait.\\n" >&2; exit 1',
      failed(/holdfast there failed: the store is in use/, /^Wait\.$/),
    ],
  ])('kube://%s, %s', async (place, command, error) => {
    containers.set(broken())
    expect((await outcome(open(`kube://${place}`, command))).error).toEqual(error)
  })

  it.each([
    ['agent', 'true', { down: true }, failed(/engine is not reached/, /DOCKER_HOST/)],
    ['agent', 'true', { denied: true }, failed(/may not use the container engine/, /group/, 'PEER_REFUSED')],
    ['gone', 'true', {}, failed(/no such container/, /docker ps -a/)],
    ['paused', 'true', {}, failed(/does not run.*is paused/, /docker start/)],
    ['exited', 'true', {}, failed(/does not run.*is not running/, /docker start/)],
    ['bare', 'true', {}, failed(/no shell/, /sidecar/)],
    ['agent', none, {}, failed(/there is no holdfast in it: .*not found/, /Install Holdfast/)],
    ['agent', 'kill -9 $$', {}, failed(/docker ended with exit code 137/, /peer test/)],
  ])('docker://%s, %s, %j', async (name, command, state, error) => {
    containers.set({
      containers: [
        { name: 'agent', home: home() },
        { name: 'paused', home: home(), state: 'paused' },
        { name: 'exited', home: home(), state: 'exited' },
        { name: 'bare', home: home(), shell: false },
      ],
      ...state,
    })
    expect((await outcome(open(`docker://${name}`, command))).error).toEqual(error)
  })

  it('also where something was sent', async () => {
    containers.set(broken())
    const one = open('kube://agents/pod/gone', 'cat')
    const failure = await (async () => {
      for (;;) await one.link.send(new Uint8Array(100_000))
    })().catch((error: unknown) => error)
    expect(failure).toEqual(failed(/no such thing/, /get pods/))
    await one.link.close(new Error('over'))
  })

  it.each(['kube://a/pod/b', 'kube://a/pod/b?selector=x', 'docker://b'])(
    '%s: no such program here',
    async (url) => {
      const path = process.env['PATH']
      process.env['PATH'] = containers.home('empty')
      try {
        expect((await outcome(open(url, 'true'))).error).toEqual(
          failed(/is not installed here/, /^Install (?:kubectl|docker)/),
        )
      } finally {
        process.env['PATH'] = path
      }
    },
  )
})
