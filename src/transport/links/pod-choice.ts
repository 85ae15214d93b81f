import { HoldfastError } from '../../engine/core/errors.js'
import type { KubeAddress } from './pod-address.js'

/**
 * The pod that a selector means: the one that is called as the address says, or else the first by name, so that every
 * session meets the same one while it is there. `listed`: what kubectl printed, one `pod/NAME` a line. undefined where
 * none is.
 */
export function choosePod({ name }: Pick<KubeAddress, 'name'>, listed: string): string | undefined {
  const pods = listed
    .split('\n')
    .map((line) => /^pods?\/([a-z0-9][-a-z0-9.]*)$/.exec(line.trim())?.[1])
    .filter((each) => each !== undefined)
    .sort()
  return pods.find((each) => each === name) ?? pods[0]
}

/** Why none is: there is no such pod, or none of them runs. `all`: as `listed`, whatever state they are in. */
export function noPodError({ namespace, selector, name, resource }: KubeAddress, all: string): HoldfastError {
  const some = choosePod({ name }, all)
  const which = `pod of namespace ${namespace} that “${selector}” selects`
  const show = `\`kubectl -n ${namespace} get pods -l '${selector}'\``
  return some === undefined
    ? new HoldfastError('PEER_UNREACHABLE', `there is no ${which}`, {
        next: `${show} must list one: mend the selector, or name the ${resource} alone.`,
      })
    : new HoldfastError('PEER_UNREACHABLE', `no ${which} runs; ${some} is one that does not`, {
        next: `${show} says what they wait for.`,
      })
}
