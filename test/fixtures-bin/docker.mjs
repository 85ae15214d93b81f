import { fail, noShell, noteCall, readScene, runIn } from './container.mjs'
import { readFlags } from './flags.mjs'

const usage = '\n\nUsage:  docker exec [OPTIONS] CONTAINER COMMAND [ARG...]\n\n'
const known = {
  detach: { letter: 'd' },
  'detach-keys': { value: true },
  env: { letter: 'e', value: true },
  'env-file': { value: true },
  interactive: { letter: 'i' },
  privileged: {},
  tty: { letter: 't' },
  user: { letter: 'u', value: true },
  workdir: { letter: 'w', value: true },
}

const [verb, ...args] = process.argv.slice(2)
if (verb !== 'exec')
  fail(`docker: unknown command: docker ${verb}\n\nRun 'docker --help' for more information`)
const { flags, rest } = readFlags(args, known, false, (words) =>
  fail(`${words}${usage}Run 'docker exec --help' for more information`, 125),
)
if (rest.length < 2)
  fail(
    `docker: 'docker exec' requires at least 2 arguments${usage}See 'docker exec --help' for more information`,
  )

const scene = readScene()
noteCall(scene, 'docker', [verb, ...args])
if (scene.down)
  fail('Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?')
if (scene.denied)
  fail(
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get ' +
      '"http://%2Fvar%2Frun%2Fdocker.sock/v1.50/containers/x/json": dial unix /var/run/docker.sock: connect: permission denied',
  )
const [name, ...command] = rest
const container = scene.containers.find((each) => each.name === name)
if (!container) fail(`Error response from daemon: No such container: ${name}`)
if (container.state && container.state !== 'running')
  fail(
    container.state === 'paused'
      ? `Error response from daemon: Container ${name} is paused, unpause the container before exec`
      : `Error response from daemon: container f00 is not running`,
  )
if (flags.tty && !process.stdin.isTTY) fail('the input device is not a TTY')
if (container.shell === false) fail(noShell, 127)
if (!flags.interactive) fail('a link needs -i: without it the command has no standard input')
process.exit(await runIn(container, command))
