/** A host as people name it to `ssh`: an alias of their config, a name or an address. */
export interface SshDestination {
  readonly user: string | null
  readonly host: string
  readonly port: number | null
}

/** Nothing that a shell, or `ssh` itself, could take for anything but a name: no spaces, no leading dash, no tokens. */
const pattern =
  /^(?:(?<user>[A-Za-z0-9_][\w.+@\\-]*\$?)@)?(?:\[(?<address>[0-9A-Fa-f:.]+(?:%\w+)?)\]|(?<host>[A-Za-z0-9_][\w.-]*))(?::(?<port>\d{1,5}))?$/

/** Reads `[user@]host[:port]`, an IPv6 address in brackets. Null for what is none. */
export function parseSshDestination(text: string): SshDestination | null {
  const groups = pattern.exec(text)?.groups
  const host = groups?.['address'] ?? groups?.['host']
  if (host === undefined) return null
  const port = groups?.['port'] === undefined ? null : Number(groups['port'])
  if (port !== null && (port < 1 || port > 65_535)) return null
  return { user: groups?.['user'] ?? null, host, port }
}

/** As `parseSshDestination` reads it. */
export function destinationText({ user, host, port }: SshDestination): string {
  const name = host.includes(':') ? `[${host}]` : host
  return `${user === null ? '' : `${user}@`}${name}${port === null ? '' : `:${port}`}`
}

/** The same as arguments of `ssh`, to come last. */
export function destinationArguments({ user, host, port }: SshDestination): string[] {
  return [...(port === null ? [] : ['-p', String(port)]), ...(user === null ? [] : ['-l', user]), '--', host]
}
