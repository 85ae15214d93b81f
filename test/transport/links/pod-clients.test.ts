import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect } from 'vitest'
import { startProgram } from '../../../src/platform/start-program.js'
import { parseDockerUrl, parseKubeUrl } from '../../../src/transport/links/pod-address.js'
import { dockerExecArgv, kubeExecArgv, kubePodsArgv } from '../../../src/transport/links/pod-command.js'
import type { Argv } from '../../../src/transport/links/pod-command.js'
import { podFailure } from '../../../src/transport/links/pod-failure.js'
import { needs } from '../../needs.js'
import { Containers } from './containers.js'

/** The real clients, of which no cluster and no engine is needed to see what they refuse to read. */
let folder: string
const before = new Map<string, string | undefined>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-clients-'))
  const server = `https://127.0.0.1:${await closedPort()}`
  const context = (name: string): string =>
    `- {name: ${JSON.stringify(name)}, context: {cluster: c, user: u}}`
  writeFileSync(
    join(folder, 'config'),
    `apiVersion: v1
kind: Config
current-context: here
clusters: [{name: c, cluster: {server: "${server}"}}]
users: [{name: u, user: {token: x}}]
contexts:
${['here', 'ada@prod', 'arn:aws:eks:eu-1:12:cluster/main', 'my cluster'].map(context).join('\n')}
`,
  )
  const settings = {
    KUBECONFIG: join(folder, 'config'),
    DOCKER_HOST: `unix://${folder}/none.sock`,
    HOME: folder,
  }
  for (const [name, value] of Object.entries(settings)) {
    before.set(name, process.env[name])
    process.env[name] = value
  }
})

afterAll(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  rmSync(folder, { recursive: true, force: true })
})

/** A port of this machine that refuses connections. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function run(argv: Argv): Promise<{ code: number | null; stderr: string }> {
  const started = startProgram(argv)
  let stderr = ''
  started.stdout.resume()
  started.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  started.stdin.end()
  const { code } = await started.ended
  return { code, stderr }
}

const text = `for f in holdfast "$HOME/it's/holdfast"; do command -v "$f" && exec "$f" serve --stdio; done; exit 127`
const misread = /unknown|usage|must be specified|at least one|not supported|DEPRECATED|needs an argument/i

needs('kubectl').it('the real kubectl reads what is run, and only the cluster is missing', async () => {
  const addresses = [
    'kube://agents/pod/worker-0',
    'kube://ada@prod@agents/deploy/worker?container=main',
    'kube://arn:aws:eks:eu-1:12:cluster/main@a/svc/w',
    'kube://my%20cluster@a/sts/w?selector=app=worker,tier in (a, b),!old',
  ].map(parseKubeUrl)
  const argvs = addresses.flatMap((address) => [
    kubeExecArgv(address, text),
    ...(address.selector === null
      ? []
      : [
          kubeExecArgv(address, text, 'w-1'),
          kubePodsArgv(address, address.selector, 'running'),
          kubePodsArgv(address, address.selector, 'all'),
        ]),
  ])
  for (const argv of argvs) {
    const { code, stderr } = await run(argv)
    expect(stderr).not.toMatch(misread)
    expect(podFailure(addresses[0]!, { code, signal: null }, stderr)).toMatchObject({
      code: 'PEER_UNREACHABLE',
      message: expect.stringContaining('the cluster is not reached'),
    })
  }
  const nowhere = parseKubeUrl('kube://nowhere@a/pod/p')
  const { code, stderr } = await run(kubeExecArgv(nowhere, text))
  expect(podFailure(nowhere, { code, signal: null }, stderr)).toMatchObject({
    message: expect.stringContaining('has no such context'),
  })
})

needs('docker').it('the real docker reads what is run, and only the engine is missing', async () => {
  const address = parseDockerUrl('docker://agent_1.x')
  const { code, stderr } = await run(dockerExecArgv(address, text))
  expect(stderr).not.toMatch(misread)
  expect(podFailure(address, { code, signal: null }, stderr)).toMatchObject({
    code: 'PEER_UNREACHABLE',
    message: expect.stringContaining('the container engine is not reached'),
  })
})

/** What both refuse before they look for a cluster or an engine. */
const refused: Readonly<Record<'kubectl' | 'docker', readonly (readonly string[])[]>> = {
  kubectl: [
    ['exec', '-i', '--bogus', 'p', '--', 'sh'],
    ['exec', '-z', 'p', '--', 'sh'],
    ['exec', '-i', 'p', '-c'],
    ['exec', '-i', 'p', '--container'],
    ['exec', '-i'],
    ['exec', '-i', '--', 'sh'],
    ['exec', '-i', 'p', '--'],
    ['exec', '-i', 'p'],
    ['exec', '-i', 'a/b/c', '--', 'sh'],
    ['exec', '--context', 'nope', '-i', 'p', '--', 'sh'],
    ['get', 'pods', '-l'],
    ['get', 'pods', '--bogus'],
  ],
  docker: [
    ['exec', '-i', '--bogus', 'c', 'sh'],
    ['exec', '-z', 'c', 'sh'],
    ['exec'],
    ['exec', '-i'],
    ['exec', '-i', 'c'],
    ['exec', '-i', '-u'],
  ],
}

for (const program of ['kubectl', 'docker'] as const) {
  needs(program).it(
    `the stand-in for ${program} refuses what the real one refuses, in its words`,
    async () => {
      const real = process.env['PATH']
      const seen = new Map<string, unknown>()
      for (const args of refused[program]) seen.set(args.join(' '), await refusal([program, ...args]))
      const containers = new Containers()
      try {
        containers.set({ contexts: { here: {} } })
        expect(process.env['PATH']).toBe(`${containers.path.split(delimiter)[0]}${delimiter}${real}`)
        for (const args of refused[program])
          expect([args, await refusal([program, ...args])]).toEqual([args, seen.get(args.join(' '))])
      } finally {
        containers.dispose()
      }
    },
  )
}

async function refusal(argv: Argv): Promise<{ code: number | null; first: string | undefined }> {
  const { code, stderr } = await run(argv)
  return { code, first: stderr.split('\n').find((line) => line !== '') }
}
