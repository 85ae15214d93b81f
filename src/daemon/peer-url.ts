import { HoldfastError } from '../engine/core/errors.js'

/** How a peer is reached. */
export interface PeerAddress {
  readonly kind: 'exec'
  /** Run by `sh -c`; speaks the protocol on its standard input and output. */
  readonly command: string
}

const far = 'holdfast serve --stdio'

/** Addresses that name a machine by themselves, with the command that does the same today. */
const byCommand: Readonly<Record<string, (rest: string) => string | null>> = {
  ssh: (rest) => {
    const match = /^(?:([^@/]+)@)?([^@/:]+)(?::(\d+))?\/?$/.exec(rest)
    if (!match) return null
    const [, user, host, port] = match
    return `ssh${port === undefined ? '' : ` -p ${port}`} ${user === undefined ? '' : `${user}@`}${host} ${far}`
  },
  docker: (rest) => (/^[^/]+$/.test(rest) ? `docker exec -i ${rest} ${far}` : null),
  kube: (rest) => {
    const match = /^(?:([^@/]+)@)?([^/@]+)\/([^/]+)\/([^/?]+)(?:\?(.*))?$/.exec(rest)
    if (!match) return null
    const [, context, namespace, kind, name, query] = match
    const container = new URLSearchParams(query).get('container')
    const where = `${context === undefined ? '' : `--context ${context} `}-n ${namespace}`
    return `kubectl exec -i ${where} ${kind}/${name}${container === null ? '' : ` -c ${container}`} -- ${far}`
  },
  share: () => null,
}

/** Reads a peer's address. Throws USAGE for what is none, and for kinds that this version does not reach by itself. */
export function parsePeerUrl(url: string): PeerAddress {
  if (url.startsWith('exec:')) {
    const command = url.slice('exec:'.length).trim()
    if (command !== '' && !command.includes('\0')) return { kind: 'exec', command }
  }
  const match = /^([a-z]+):\/\/(.+)$/.exec(url)
  const known = match && Object.hasOwn(byCommand, match[1] ?? '') ? byCommand[match[1] ?? ''] : undefined
  const command = match && known?.(match[2] ?? '')
  if (known)
    throw new HoldfastError('USAGE', `this version does not reach ${match?.[1]}:// by itself yet`, {
      next:
        typeof command === 'string'
          ? `Name the command that reaches it: 'exec:${command}'.`
          : `Name a command that reaches it: 'exec:COMMAND', where COMMAND runs \`${far}\` over there.`,
    })
  throw new HoldfastError('USAGE', `“${url}” is no address of a peer`, {
    next: `Use 'exec:COMMAND' in one argument, for example 'exec:ssh laptop ${far}'.`,
  })
}
