import { fail, noShell, noteCall, readScene, runIn } from './container.mjs'
import { readFlags } from './flags.mjs'

const global = {
  context: { value: true },
  kubeconfig: { value: true },
  namespace: { letter: 'n', value: true },
  'request-timeout': { value: true },
}
const own = {
  exec: {
    container: { letter: 'c', value: true },
    filename: { letter: 'f', value: true },
    'pod-running-timeout': { value: true },
    quiet: { letter: 'q' },
    stdin: { letter: 'i' },
    tty: { letter: 't' },
  },
  get: {
    'all-namespaces': { letter: 'A' },
    'field-selector': { value: true },
    output: { letter: 'o', value: true },
    selector: { letter: 'l', value: true },
  },
}
const kinds = {
  pod: 'pods',
  pods: 'pods',
  po: 'pods',
  deployment: 'deployments.apps',
  statefulset: 'statefulsets.apps',
  daemonset: 'daemonsets.apps',
  replicaset: 'replicasets.apps',
  replicationcontroller: 'replicationcontrollers',
  job: 'jobs.batch',
  service: 'services',
}

const args = process.argv.slice(2)
/** The first argument that is neither a flag nor a flag's value. */
const verbAt = args.findIndex(
  (arg, i) => !arg.startsWith('-') && !/^(?:--context|--kubeconfig|--namespace|-n)$/.test(args[i - 1] ?? ''),
)
const verb = args[verbAt]
const refuse = (words) => fail(`Error: ${words}\nSee 'kubectl${verb ? ` ${verb}` : ''} --help' for usage.`)
if (verb !== undefined && !(verb in own)) fail(`error: unknown command "${verb}" for "kubectl"`)
const { flags, rest, dash } = readFlags(
  args.toSpliced(verbAt, verbAt < 0 ? 0 : 1),
  { ...global, ...own[verb] },
  true,
  refuse,
)
if (verb === undefined) fail('kubectl controls the Kubernetes cluster manager.', 0)

const scene = readScene()
noteCall(scene, 'kubectl', args)
if (verb === 'exec') await exec()
else if (scene.hangs) setInterval(() => undefined, 1000)
else get()

function cluster() {
  const context = flags.context ?? scene.current
  if (!Object.hasOwn(scene.contexts, context))
    fail(`Error in configuration: context was not found for specified context: ${context}`)
  const found = scene.contexts[context]
  if (found.down)
    fail('The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?')
  return { ...found, namespace: flags.namespace ?? 'default' }
}

function forbid({ forbidden, namespace }, what) {
  if (!forbidden) return
  const [name, verbs] = what
  fail(
    `Error from server (Forbidden): pods${name} is forbidden: User "ada" cannot ${verbs} in API group "" in the namespace "${namespace}"`,
  )
}

async function exec() {
  if (dash < 0 && rest.length > 1)
    fail(
      'error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\n' +
        "See 'kubectl exec -h' for help and examples",
    )
  const before = dash < 0 ? rest : rest.slice(0, dash)
  const command = dash < 0 ? [] : rest.slice(dash)
  if (before.length === 0) fail('error: pod, type/name or --filename must be specified')
  if (command.length === 0) fail('error: you must specify at least one command for the container')
  if (before.length > 1) fail(`error: only one pod may be named, not ${before.join(' ')}`)
  const target = before[0].split('/')
  if (target.length > 2) fail('error: arguments in resource/name form may not have more than one slash')
  const [kind, name] = target.length === 1 ? ['pod', target[0]] : target
  const here = cluster()
  if (!Object.hasOwn(kinds, kind)) fail(`error: the server doesn't have a resource type "${kind}"`)
  forbid(here, [` "${name}"`, 'create resource "pods/exec"'])
  const pod = podOf(here, kind, name)
  const { container: wanted = pod.containers[0].name } = flags
  const container = pod.containers.find((each) => each.name === wanted)
  if (!container) fail(`error: container ${wanted} not found in pod ${pod.name}`)
  if (pod.containers.length > 1 && flags.container === undefined && !flags.quiet)
    process.stderr.write(
      `Defaulted container "${wanted}" out of: ${pod.containers.map((each) => each.name).join(', ')}\n`,
    )
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed')
    fail(`error: cannot exec into a container in a completed pod; current phase is ${pod.phase}`)
  if (pod.phase === 'Pending')
    fail(`Error from server (BadRequest): pod ${pod.name} does not have a host assigned`)
  if (container.waiting) fail(`error: unable to upgrade connection: container not found ("${wanted}")`)
  if (flags.tty && !process.stdin.isTTY)
    process.stderr.write('Unable to use a TTY - input is not a terminal or the right kind of file\n')
  if (container.shell === false)
    fail(
      'error: Internal error occurred: error executing command in container: failed to exec in container: failed to ' +
        `start exec "f00": ${noShell}`,
    )
  if (!flags.stdin) fail('error: a link needs -i: without it the command has no standard input')
  const code = await runIn(container, command)
  if (code !== 0) fail(`command terminated with exit code ${code}`, code)
  process.exit(0)
}

function podOf({ pods = [], namespace }, kind, name) {
  const here = pods.filter((each) => each.namespace === namespace)
  const found =
    kinds[kind] === 'pods'
      ? here.find((each) => each.name === name)
      : here.filter((each) => each.owner === `${kind}/${name}`).sort((a, b) => (a.name < b.name ? -1 : 1))[0]
  if (!found) fail(`Error from server (NotFound): ${kinds[kind]} "${name}" not found`)
  return found
}

function get() {
  if (rest.length !== 1 || kinds[rest[0]] !== 'pods')
    fail(`error: this stand-in gets pods alone, not ${rest.join(' ')}`)
  if (flags.output !== 'name')
    fail(`error: unable to match a printer suitable for the output format "${flags.output}"`)
  const here = cluster()
  forbid(here, ['', 'list resource "pods"'])
  const running = flags['field-selector']
  if (running !== undefined && running !== 'status.phase=Running')
    fail(
      `Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match field selector "${running}"`,
    )
  const wanted = (flags.selector ?? '').split(/,(?![^()]*\))/).map((each) => each.trim())
  const found = (here.pods ?? [])
    .filter(
      (pod) => pod.namespace === here.namespace && wanted.every((each) => selects(each, pod.labels ?? {})),
    )
    .filter((pod) => running === undefined || (pod.phase ?? 'Running') === 'Running')
  // In no order: the cluster promises none.
  for (const pod of found.toReversed()) process.stdout.write(`pod/${pod.name}\n`)
}

function selects(requirement, labels) {
  const set = /^(\S+)\s+(in|notin)\s+?\(([^)]*)\)$/.exec(requirement)
  if (set) {
    const values = set[3].split(',').map((each) => each.trim())
    return values.includes(labels[set[1]]) === (set[2] === 'in')
  }
  const [, key, operator, value] = /^([^!=\s]+)\s*(!=|==?)\s*(\S*)$/.exec(requirement) ?? []
  if (key !== undefined) return (labels[key] === value) === (operator !== '!=')
  return requirement.startsWith('!') ? !(requirement.slice(1) in labels) : requirement in labels
}
