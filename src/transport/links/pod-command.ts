import type { DockerAddress, KubeAddress } from './pod-address.js'

/** A program and its arguments, as they are: no shell of this machine reads them. */
export type Argv = readonly [program: string, ...args: string[]]

/** How long the cluster may take to say which pods there are. An `exec` has no such bound: it lasts. */
const askWithin = '15s'

/** Runs shell text in a container of a pod, with its stdio on this program's. `pod`: one that a selector chose. */
export function kubeExecArgv(address: KubeAddress, shellText: string, pod?: string): Argv {
  const { resource, name, container } = address
  return [
    'kubectl',
    ...where(address),
    'exec',
    '-i',
    pod === undefined ? `${resource}/${name}` : `pod/${pod}`,
    ...(container === null ? [] : ['-c', container]),
    '--',
    'sh',
    '-c',
    shellText,
  ]
}

/** Lists pods that a selector selects, one `pod/NAME` a line: those that run, or all. */
export function kubePodsArgv(address: KubeAddress, selector: string, which: 'running' | 'all'): Argv {
  const phase = which === 'running' ? ['--field-selector', 'status.phase=Running'] : []
  return [
    'kubectl',
    ...where(address),
    `--request-timeout=${askWithin}`,
    'get',
    'pods',
    '-l',
    selector,
    ...phase,
    '-o',
    'name',
  ]
}

/** Runs shell text in a container of the local engine, with its stdio on this program's. */
export function dockerExecArgv({ container }: DockerAddress, shellText: string): Argv {
  return ['docker', 'exec', '-i', container, 'sh', '-c', shellText]
}

function where({ context, namespace }: KubeAddress): string[] {
  return [...(context === null ? [] : ['--context', context]), '-n', namespace]
}
