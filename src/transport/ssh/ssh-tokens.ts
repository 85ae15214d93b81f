import type { SshMachine } from './ssh-machine.js'

/** What the percent signs of a path in an ssh config stand for. */
export interface PathTokens {
  readonly machine: Pick<SshMachine, 'home' | 'userName' | 'hostName' | 'env'>
  readonly hostName: string
  readonly port: number
  readonly user: string
  readonly hostKeyAlias: string | null
  /** The host as it was named. */
  readonly original: string
}

/** A path of an ssh config with `~`, `${NAME}` and percent tokens filled in. A token that is unknown stays as it is. */
export function expandPath(path: string, tokens: PathTokens): string {
  const { machine, hostName, port, user, hostKeyAlias, original } = tokens
  const known: Readonly<Record<string, string>> = {
    '%': '%',
    d: machine.home,
    h: hostName,
    k: hostKeyAlias ?? original,
    l: machine.hostName,
    L: machine.hostName.replace(/\..*/, ''),
    n: original,
    p: String(port),
    r: user,
    u: machine.userName,
  }
  const home = /^~(?=\/|$)/.test(path) ? machine.home + path.slice(1) : path
  return home
    .replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => machine.env(name) ?? whole)
    .replaceAll(/%(.)/g, (whole, token: string) => known[token] ?? whole)
}
