import { HoldfastError } from '../../engine/core/errors.js'
import { isLabelSelector } from './pod-selector.js'

/** A container of a pod, as `kubectl` reaches it. */
export interface KubeAddress {
  readonly kind: 'kube'
  /** Of the user's kubeconfig; null: the one that is current when the link is opened. */
  readonly context: string | null
  readonly namespace: string
  /** A kind that `kubectl exec` takes, in the singular: it then chooses one of its pods. */
  readonly resource: string
  readonly name: string
  /** null: the pod's default one. */
  readonly container: string | null
  /** Where it is there, a running pod that it selects is taken: the one called `name`, or else the first by name. */
  readonly selector: string | null
}

/** A container of the local container engine, or the one that DOCKER_HOST or the current docker context names. */
export interface DockerAddress {
  readonly kind: 'docker'
  /** Its name or id. */
  readonly container: string
}

/** Every kind whose pods `kubectl exec KIND/NAME` finds, by all its names. */
const resources: Readonly<Record<string, string>> = {
  pod: 'pod',
  pods: 'pod',
  po: 'pod',
  deployment: 'deployment',
  deployments: 'deployment',
  deploy: 'deployment',
  statefulset: 'statefulset',
  statefulsets: 'statefulset',
  sts: 'statefulset',
  daemonset: 'daemonset',
  daemonsets: 'daemonset',
  ds: 'daemonset',
  replicaset: 'replicaset',
  replicasets: 'replicaset',
  rs: 'replicaset',
  replicationcontroller: 'replicationcontroller',
  replicationcontrollers: 'replicationcontroller',
  rc: 'replicationcontroller',
  job: 'job',
  jobs: 'job',
  service: 'service',
  services: 'service',
  svc: 'service',
}

const label = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/
const subdomain = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

const kubeForm = 'kube://[CONTEXT@]NAMESPACE/KIND/NAME[?container=C&selector=S]'
const kubeExample = `Write ${kubeForm}, for example kube://agents/deployment/worker or kube://prod@agents/pod/worker-0?container=agent.`

/** Reads a `kube://` address. Throws USAGE with what is wrong about it. */
export function parseKubeUrl(url: string): KubeAddress {
  const rest = /^kube:\/\/(.*)$/s.exec(url)?.[1]
  const wrong = (what: string): HoldfastError =>
    new HoldfastError('USAGE', `“${url}”: ${what}`, { next: kubeExample })
  if (rest === undefined) throw wrong('this is no kube:// address')
  const query = rest.indexOf('?')
  const place = query < 0 ? rest : rest.slice(0, query)
  // Names of contexts hold slashes, colons and at signs; those of the cluster's own things never do.
  const at = place.lastIndexOf('@')
  const context = at < 0 ? null : decoded(place.slice(0, at))
  if (context !== null && !/^[^-\s\p{Cc}][^\p{Cc}]*$/u.test(context))
    throw wrong('the context before @ has no name')
  const [namespace = '', kind = '', name = '', ...more] = place.slice(at + 1).split('/')
  if (more.length > 0 || name === '') throw wrong('it names no NAMESPACE/KIND/NAME')
  if (!label.test(namespace)) throw wrong(`${quoted(namespace)} is no name of a namespace`)
  const resource = Object.hasOwn(resources, kind) ? resources[kind] : undefined
  if (resource === undefined)
    throw wrong(
      `${quoted(kind)} is no kind with pods, such as pod, deployment, statefulset, daemonset, job or service`,
    )
  if (!subdomain.test(name)) throw wrong(`${quoted(name)} is no name of a ${resource}`)
  const {
    container = null,
    selector = null,
    ...others
  } = options(query < 0 ? '' : rest.slice(query + 1), wrong)
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw wrong(`${quoted(unknown)} is no option of such an address`)
  if (container !== null && !label.test(container))
    throw wrong(`${quoted(container)} is no name of a container`)
  if (selector !== null && !isLabelSelector(selector))
    throw wrong(`${quoted(selector)} is no selector of labels`)
  return { kind: 'kube', context, namespace, resource, name, container, selector }
}

/** Reads a `docker://` address. Throws USAGE with what is wrong about it. */
export function parseDockerUrl(url: string): DockerAddress {
  const container = /^docker:\/\/(.*?)\/?$/s.exec(url)?.[1]
  if (container !== undefined && /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/.test(container))
    return { kind: 'docker', container }
  throw new HoldfastError(
    'USAGE',
    container === undefined
      ? `“${url}”: this is no docker:// address`
      : `“${url}”: ${quoted(container)} is no name or id of a container`,
    { next: 'Write docker://CONTAINER, for example docker://agent-1; `docker ps` lists them.' },
  )
}

/** Each option once, and none empty. */
function options(query: string, wrong: (what: string) => HoldfastError): Record<string, string> {
  const found: Record<string, string> = Object.create(null) as Record<string, string>
  // `+` stays: it is no space to people who write a selector by hand.
  for (const [name, value] of new URLSearchParams(query.replaceAll('+', '%2B'))) {
    if (name in found) throw wrong(`${quoted(name)} is there twice`)
    if (value === '') throw wrong(`${quoted(name)} has no value`)
    found[name] = value
  }
  return found
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

const quoted = (text: string): string => `“${text}”`
