import type { SshHost } from './ssh-host.js'
import type { SshMachine } from './ssh-machine.js'

/** One key of a known_hosts file. */
export interface KnownKey {
  readonly type: string
  readonly blob: Buffer
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** What known_hosts files say about one host. */
export interface KnownKeys {
  /** Keys under the very name. */
  readonly keys: readonly KnownKey[]
  /** For another port than 22: keys under the name without a port. Good for a match, never for a contradiction. */
  readonly withoutPort: readonly KnownKey[]
  readonly revoked: readonly KnownKey[]
  /** Keys of authorities that may sign this host's certificate. */
  readonly authorities: readonly KnownKey[]
}

export interface KnownHostsFile {
  readonly path: string
  readonly text: string
}

type Hmac = SshMachine['hmacSha1']

/** The name that known_hosts has for a host. */
export function knownHostsName({ hostName, hostKeyAlias, port }: KnownAs): string {
  if (hostKeyAlias !== null) return hostKeyAlias.toLowerCase()
  const name = hostName.toLowerCase()
  return port === 22 ? name : `[${name}]:${port}`
}

type KnownAs = Pick<SshHost, 'hostName' | 'hostKeyAlias' | 'port'>

/** Looks a host up, in the order of the files. Lines that can't be understood say nothing. Pure. */
export function lookUp(files: readonly KnownHostsFile[], host: KnownAs, hmac: Hmac): KnownKeys {
  const name = knownHostsName(host)
  const plain = host.hostKeyAlias === null && host.port !== 22 ? host.hostName.toLowerCase() : null
  const found = { keys: [], withoutPort: [], revoked: [], authorities: [] } as {
    [K in keyof KnownKeys]: KnownKey[]
  }
  for (const { path, text } of files) {
    for (const [index, raw] of text.split('\n').entries()) {
      const entry = parseLine(raw)
      if (!entry) continue
      const key = { type: entry.type, blob: entry.blob, file: path, line: index + 1 }
      const isNamed = matchesHosts(entry.hosts, name, hmac)
      const isPlain = !isNamed && plain !== null && matchesHosts(entry.hosts, plain, hmac)
      if (!isNamed && !isPlain) continue
      if (entry.marker === '@revoked') found.revoked.push(key)
      else if (entry.marker === '@cert-authority') found.authorities.push(key)
      else found[isNamed ? 'keys' : 'withoutPort'].push(key)
    }
  }
  return found
}

interface Line {
  readonly marker: '@revoked' | '@cert-authority' | null
  readonly hosts: string
  readonly type: string
  readonly blob: Buffer
}

function parseLine(raw: string): Line | null {
  const line = raw.trim()
  if (line === '' || line.startsWith('#')) return null
  const fields = line.split(/[ \t]+/)
  const marker = fields[0]?.startsWith('@') === true ? fields.shift() : null
  if (marker !== null && marker !== '@revoked' && marker !== '@cert-authority') return null
  const [hosts, type, base64] = fields
  if (hosts === undefined || type === undefined || base64 === undefined) return null
  const blob = Buffer.from(base64, 'base64')
  // The type stands in the key, too: a line whose two differ was damaged, or made to deceive.
  return keyType(blob) === type ? { marker, hosts, type, blob } : null
}

/** The type that a public key says it is, such as `ssh-ed25519`; empty where it says none. */
export function keyType(blob: Uint8Array): string {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  if (bytes.length < 4) return ''
  const length = bytes.readUInt32BE(0)
  return length > 64 || bytes.length < 4 + length ? '' : bytes.toString('latin1', 4, 4 + length)
}

function matchesHosts(hosts: string, name: string, hmac: Hmac): boolean {
  if (hosts.startsWith('|')) return matchesHash(hosts, name, hmac)
  let matched = false
  for (const pattern of hosts.toLowerCase().split(',')) {
    const negated = pattern.startsWith('!')
    if (!matchesPattern(negated ? pattern.slice(1) : pattern, name)) continue
    if (negated) return false
    matched = true
  }
  return matched
}

/** `|1|salt|hash`, both in base64. */
function matchesHash(hosts: string, name: string, hmac: Hmac): boolean {
  const [, version, salt, hash] = hosts.split('|')
  if (version !== '1' || !salt || !hash) return false
  return Buffer.from(hash, 'base64').equals(hmac(Buffer.from(salt, 'base64'), name))
}

/** `*` and `?` alone are special. Linear in what is compared, whatever the pattern. */
function matchesPattern(pattern: string, name: string): boolean {
  let [p, n, star, retry] = [0, 0, -1, 0]
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p
      retry = n
      p += 1
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === name[n])) {
      p += 1
      n += 1
    } else if (star >= 0) {
      p = star + 1
      retry += 1
      n = retry
    } else return false
  }
  while (pattern[p] === '*') p += 1
  return p === pattern.length
}
