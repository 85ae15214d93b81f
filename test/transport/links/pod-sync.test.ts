import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { meetOver, type PeerSession } from '../../../src/daemon/peer-session.js'
import { startProgram } from '../../../src/platform/start-program.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import { parseDockerUrl, parseKubeUrl } from '../../../src/transport/links/pod-address.js'
import { openPodLink } from '../../../src/transport/links/pod-link.js'
import { farScript } from '../../../src/transport/ssh/far-command.js'
import { namedHome, replayed } from '../../daemon/peer-world.js'
import { keptIo, type RecordedHome } from '../../daemon/recorded-home.js'
import { Containers } from './containers.js'

const bin = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

let containers: Containers
beforeAll(() => {
  containers = new Containers()
})
afterAll(() => containers.dispose())

/** A home that is a container's: Holdfast is installed where only a search finds it. */
async function containerHome(name: string): Promise<RecordedHome> {
  const home = namedHome(name)
  const program = join(home.user, '.local/bin/holdfast')
  mkdirSync(dirname(program), { recursive: true })
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
  chmodSync(program, 0o755)
  home.write(`p/${name}.jsonl`, `${name}\n`)
  await home.record()
  return home
}

const containerOf = ({ user }: RecordedHome, name: string, hostName: string) => ({
  name,
  home: user,
  env: { HOLDFAST_HOME: join(user, 'home'), HOLDFAST_NAME: hostName },
})

function meetAt(from: RecordedHome, url: string): Promise<PeerSession> {
  const address = url.startsWith('kube:') ? parseKubeUrl(url) : parseDockerUrl(url)
  return from.with((runtime) =>
    meetOver(
      runtime,
      { name: 'peer', url: 'exec:true', direction: 'both' },
      () => openPodLink({ address, start: startProgram, clock: systemClock, holdfastCommand: farScript() }),
      { send: true, receive: true, dryRun: false },
      keptIo(),
    ),
  )
}

it('hosts hold each other’s files after they met through docker exec and kubectl exec', async () => {
  const laptop = namedHome('laptop')
  laptop.write('p/laptop.jsonl', 'laptop\n')
  await laptop.record()
  const [agent, worker] = [await containerHome('agent'), await containerHome('worker')]
  const pod = {
    namespace: 'agents',
    name: 'worker-5d4f-x1',
    labels: { app: 'worker' },
    containers: [{ name: 'proxy', home: containers.home('proxy') }, containerOf(worker, 'agent', 'worker')],
  }
  containers.set({
    containers: [containerOf(agent, 'agent-1', 'agent')],
    contexts: { 'ada@prod': { pods: [pod] }, here: {} },
  })
  for (const url of [
    'docker://agent-1',
    'kube://ada@prod@agents/deployment/worker?container=agent&selector=app=worker',
    'docker://agent-1',
  ]) {
    const { result } = await meetAt(laptop, url)
    expect(result.forks).toEqual([])
  }
  for (const name of ['laptop', 'agent', 'worker']) {
    const files = { [`p/${name}.jsonl`]: `${name}\n` }
    expect(await replayed(laptop, name)).toMatchObject(files)
    expect(await replayed(agent, name)).toMatchObject(files)
  }
  expect(await replayed(worker, 'agent')).toMatchObject({ 'p/agent.jsonl': 'agent\n' })
  expect((await meetAt(laptop, 'docker://agent-1')).result).toMatchObject({ sent: 0, received: 0 })
})
