import type { SshDestination } from './ssh-destination.js'
import type { SshMachine } from './ssh-machine.js'
import { expandPath, type PathTokens } from './ssh-tokens.js'

/** What `ssh` would do to reach a host. Paths are absolute. */
export interface SshHost {
  readonly destination: SshDestination
  readonly hostName: string
  readonly port: number
  readonly user: string
  /** The name under which known_hosts holds its keys, where the config gives one. */
  readonly hostKeyAlias: string | null
  readonly knownHostsFiles: readonly string[]
  readonly identityFiles: readonly string[]
  readonly identitiesOnly: boolean
  /** The agent's socket. */
  readonly agentSocket: string | null
  readonly publicKeyAllowed: boolean
  readonly hostKeyAlgorithms: readonly string[]
  readonly kexAlgorithms: readonly string[]
  readonly ciphers: readonly string[]
  readonly macs: readonly string[]
  /** As the config has it: hops with commas between. */
  readonly proxyJump: string | null
  readonly proxyCommand: string | null
  readonly certificateFiles: readonly string[]
  readonly knownHostsCommand: boolean
  readonly pkcs11: boolean
  readonly gssapi: boolean
  readonly family: 0 | 4 | 6
  readonly bindAddress: string | null
  /** null: the config says nothing. */
  readonly connectTimeoutMs: number | null
  readonly aliveIntervalMs: number | null
  readonly aliveCountMax: number
  /** Whether `ssh` was asked. Otherwise these are its defaults. */
  readonly asked: boolean
}

const defaultIdentities = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk']

/** Reads the output of `ssh -G`; null stands for a machine without `ssh`, and gives its defaults. Pure. */
export function readSshHost(
  destination: SshDestination,
  output: string | null,
  machine: Pick<SshMachine, 'home' | 'userName' | 'hostName' | 'env'>,
): SshHost {
  const options = parseOptions(output ?? '')
  const one = (key: string): string | null => {
    const value = options.get(key)?.[0]
    return value === undefined || value === '' || value.toLowerCase() === 'none' ? null : value
  }
  const list = (key: string): readonly string[] => one(key)?.split(',') ?? []
  const yes = (key: string): boolean => /^(?:yes|true)$/.test(one(key) ?? '')
  const hostName = one('hostname') ?? destination.host
  const port = Number(one('port') ?? destination.port ?? 22)
  const user = one('user') ?? destination.user ?? machine.userName
  const hostKeyAlias = one('hostkeyalias')
  const tokens: PathTokens = { machine, hostName, port, user, hostKeyAlias, original: destination.host }
  const paths = (values: readonly string[]): string[] =>
    values.filter((value) => value.toLowerCase() !== 'none').map((value) => expandPath(value, tokens))
  const knownHosts = ['userknownhostsfile', 'globalknownhostsfile'].flatMap((key) => words(one(key) ?? ''))
  const identities = options.get('identityfile') ?? (output === null ? defaultIdentities.map(inSsh) : [])
  return {
    destination,
    hostName,
    port,
    user,
    hostKeyAlias,
    knownHostsFiles: paths(output === null ? defaultKnownHosts : knownHosts),
    identityFiles: paths(identities),
    identitiesOnly: yes('identitiesonly'),
    agentSocket: agentSocket(options.get('identityagent')?.[0], tokens),
    publicKeyAllowed: one('pubkeyauthentication') !== 'no' && one('pubkeyauthentication') !== 'false',
    hostKeyAlgorithms: list('hostkeyalgorithms'),
    kexAlgorithms: list('kexalgorithms'),
    ciphers: list('ciphers'),
    macs: list('macs'),
    proxyJump: one('proxyjump'),
    proxyCommand: one('proxycommand'),
    certificateFiles: paths(options.get('certificatefile') ?? []),
    knownHostsCommand: one('knownhostscommand') !== null,
    pkcs11: one('pkcs11provider') !== null,
    gssapi: yes('gssapiauthentication'),
    family: one('addressfamily') === 'inet' ? 4 : one('addressfamily') === 'inet6' ? 6 : 0,
    bindAddress: one('bindaddress'),
    connectTimeoutMs: seconds(one('connecttimeout')),
    aliveIntervalMs: seconds(one('serveraliveinterval')),
    aliveCountMax: Number(one('serveralivecountmax') ?? 3),
    asked: output !== null,
  }
}

const inSsh = (name: string): string => `~/.ssh/${name}`
const defaultKnownHosts = [
  ...['known_hosts', 'known_hosts2'].map(inSsh),
  '/etc/ssh/ssh_known_hosts',
  '/etc/ssh/ssh_known_hosts2',
]

/** Values by key in lower case, in order: some keys stand more than once. */
function parseOptions(output: string): Map<string, string[]> {
  const options = new Map<string, string[]>()
  for (const line of output.split(/\r?\n/)) {
    const space = line.indexOf(' ')
    if (space < 0) continue
    const key = line.slice(0, space).toLowerCase()
    options.set(key, [...(options.get(key) ?? []), line.slice(space + 1).trim()])
  }
  return options
}

/** Paths with spaces between; one that holds a space stands in quotes. */
function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

function seconds(text: string | null): number | null {
  const number = Number(text)
  return text === null || !Number.isFinite(number) || number <= 0 ? null : number * 1000
}

/** `none` in the config means no agent; nothing, or SSH_AUTH_SOCK, means the environment's. */
function agentSocket(value: string | undefined, tokens: PathTokens): string | null {
  const { machine } = tokens
  if (value === undefined || value === '' || value === 'SSH_AUTH_SOCK')
    return machine.env('SSH_AUTH_SOCK') || null
  if (value.toLowerCase() === 'none') return null
  const variable = /^\$(\w+)$/.exec(value)?.[1]
  if (variable !== undefined) return machine.env(variable) || null
  return expandPath(value, tokens)
}
