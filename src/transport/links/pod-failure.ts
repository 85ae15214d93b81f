import { HoldfastError } from '../../engine/core/errors.js'
import type { ErrorCode } from '../../engine/core/errors.js'
import type { CommandEnd } from './exec-link.js'
import type { DockerAddress, KubeAddress } from './pod-address.js'

/** What a failure of `kubectl` or `docker` means, by what it says. The first that fits. */
interface Meaning {
  readonly says: RegExp
  readonly code: Extract<ErrorCode, 'PEER_UNREACHABLE' | 'PEER_REFUSED'>
  /** What is wrong; the program's own words follow. */
  readonly means: string
  readonly next: string
}

const unreachable = (says: RegExp, means: string, next: string): Meaning => ({
  says,
  code: 'PEER_UNREACHABLE',
  means,
  next,
})
const refused = (says: RegExp, means: string, next: string): Meaning => ({
  says,
  code: 'PEER_REFUSED',
  means,
  next,
})

/** What the container runtime says, through either program. */
const runtimeMeanings: readonly Meaning[] = [
  unreachable(
    /exec: "sh": (?:executable file not found|stat \S*sh: no such file)|exec: "sh": permission denied/i,
    'its image has no shell, which looks for holdfast there',
    'Run Holdfast in a sidecar with a shell that shares the sessions’ volume, and name that container; or ' +
      '`holdfast serve --listen` in an image of its own.',
  ),
  unreachable(
    /OCI runtime exec failed|failed to exec in container|container process/i,
    'the container runtime can’t start a command there',
    'See that the container is healthy, then try again.',
  ),
]

const kubeMeanings: readonly Meaning[] = [
  unreachable(
    /context "[^"]*" does not exist|context was not found for specified context|no context exists with the name/i,
    'the kubeconfig here has no such context',
    '`kubectl config get-contexts` lists them. A daemon may see another KUBECONFIG than this shell.',
  ),
  unreachable(
    /namespaces? "[^"]*" not found/i,
    'the cluster has no such namespace',
    '`kubectl get namespaces` lists them; see also that the context is the right one.',
  ),
  unreachable(
    /the server doesn't have a resource type/i,
    'the cluster knows no such kind',
    'Name a kind with pods: pod, deployment, statefulset, daemonset, job or service.',
  ),
  unreachable(
    /\(NotFound\)|pods? "[^"]*" not found/i,
    'there is no such thing in that namespace',
    'See that the kind, the name, the namespace and the context are right: `kubectl get pods -A` lists all pods.',
  ),
  refused(
    /\(Forbidden\)|\bis forbidden\b/i,
    'the cluster forbids it to this user',
    'Ask for a role that may `create` on `pods/exec` and `get` and `list` pods in that namespace.',
  ),
  refused(
    /\(Unauthorized\)|must be logged in to the server|provide credentials|getting credentials|\bexpired\b/i,
    'the cluster does not accept the credentials of this user',
    'Log in to the cluster anew, then try `kubectl auth whoami`.',
  ),
  refused(
    /x509:|certificate signed by unknown authority|tls: failed to verify/i,
    'the cluster shows a certificate that is not trusted here',
    'See that the context names the right cluster and its certificate authority.',
  ),
  unreachable(
    /completed pod|current phase is|not (?:yet )?running|is not created|does not have a host assigned|unable to upgrade connection: (?:container not found|pod does not exist)|ContainerCreating|CrashLoopBackOff|timed out waiting for the condition|no running pods?/i,
    'it does not run',
    '`kubectl describe pod` says what it waits for. Holdfast tries again by itself while its daemon runs.',
  ),
  unreachable(
    /container (?:"?[\w.-]+"? )?(?:is not valid for|not found in) pod|container not found|container \S+ is not valid/i,
    'the pod has no such container',
    "`kubectl get pod NAME -o jsonpath='{.spec.containers[*].name}'` lists them; name one with ?container=.",
  ),
  ...runtimeMeanings,
  unreachable(
    /connection to the server .* was refused|Unable to connect to the server|connection refused|no such host|i\/o timeout|TLS handshake timeout|no route to host|network is unreachable|deadline exceeded|ServiceUnavailable|error dialing backend|connection reset|EOF$/im,
    'the cluster is not reached',
    'See `kubectl cluster-info`: a VPN, a proxy or the cluster itself may be down.',
  ),
]

const dockerMeanings: readonly Meaning[] = [
  unreachable(
    /Cannot connect to the Docker daemon|failed to connect to the docker API|is the docker daemon running|error during connect/i,
    'the container engine is not reached',
    'Start it, or set DOCKER_HOST. A daemon may see another DOCKER_HOST than this shell.',
  ),
  refused(
    /permission denied while trying to connect|dial unix \S+: connect: permission denied/i,
    'this user may not use the container engine',
    'Use a rootless engine, or let this user into the engine’s group.',
  ),
  unreachable(/No such container/i, 'there is no such container', '`docker ps -a` lists all of them.'),
  unreachable(
    /is not running|is paused|is restarting/i,
    'the container does not run',
    '`docker ps -a` says its state; `docker start` starts it.',
  ),
  ...runtimeMeanings,
]

/** kubectl's note about the command's exit code, which the error names anyway, and warnings of its client library. */
const noise =
  /^command terminated with exit code \d+$|^[EWI]\d{4} |^Defaulted container |^See '(?:kubectl|docker) |^Usage:|^Run '(?:kubectl|docker) /

/** What the end of `kubectl` or `docker` means for the link that it carried; undefined for a good end. */
export function podFailure(
  address: KubeAddress | DockerAddress,
  end: CommandEnd,
  stderr: string,
): HoldfastError | undefined {
  if (end.code === 0) return undefined
  const program = address.kind === 'kube' ? 'kubectl' : 'docker'
  const name = podName(address)
  if (end.error) return notStarted(program, name, end.error)
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{Cc}/gu, '').trim())
    .filter((line) => line !== '' && !noise.test(line))
  const far = farFailure(lines)
  const own = far ? lines.filter((line) => !far.lines.includes(line)) : lines
  const words = (own.at(-1) ?? '').slice(-500)
  const meaning = (address.kind === 'kube' ? kubeMeanings : dockerMeanings).find(({ says }) =>
    own.some((line) => says.test(line) && !/^(?:sh|ash|bash|dash): /.test(line)),
  )
  if (meaning) {
    const { code, means, next } = meaning
    return new HoldfastError(code, `${name}: ${means} (${program}: ${words})`, { next })
  }
  const said = words === '' ? '' : `: ${words}`
  if (end.code === 127)
    return new HoldfastError('PEER_UNREACHABLE', `${name}: there is no holdfast in it${said}`, {
      next: 'Install Holdfast in that image, or say where it is: `holdfast peer add … --holdfast-path CMD`.',
    })
  if (far)
    return new HoldfastError('PEER_UNREACHABLE', `${name}: holdfast there failed: ${far.message}`, {
      next: far.next,
    })
  const how =
    end.code === null ? `was ended by ${end.signal ?? 'a signal'}` : `ended with exit code ${end.code}`
  return new HoldfastError('PEER_UNREACHABLE', `${name}: ${program} ${how}${said}`)
}

/** What the Holdfast over there said of its failure, as its commands do: two lines, of which each could say anything. */
function farFailure(
  lines: readonly string[],
): { readonly lines: readonly string[]; readonly message: string; readonly next: string } | undefined {
  const at = lines.findLastIndex(
    (line, i) => line.startsWith('Next: ') && lines[i - 1]?.startsWith('Error: '),
  )
  const [error, next] = [lines[at - 1], lines[at]]
  if (at < 1 || error === undefined || next === undefined) return undefined
  return { lines: [error, next], message: error.slice('Error: '.length), next: next.slice('Next: '.length) }
}

/** The address as people know it, without its options. */
export function podName(address: KubeAddress | DockerAddress): string {
  if (address.kind === 'docker') return `docker://${address.container}`
  const { context, namespace, resource, name } = address
  return `kube://${context === null ? '' : `${context}@`}${namespace}/${resource}/${name}`
}

function notStarted(program: string, name: string, cause: Error): HoldfastError {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  return new HoldfastError(
    'PEER_UNREACHABLE',
    missing
      ? `${name}: ${program} is not installed here`
      : `${name}: ${program} can’t be started: ${cause.message}`,
    {
      cause,
      next: missing
        ? `Install ${program}, or put it on the PATH that the daemon has, then \`holdfast daemon restart\`.`
        : `See that this user can run ${program}.`,
    },
  )
}
