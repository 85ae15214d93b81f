import ssh2 from 'ssh2'
import { optionsRefused } from './authorized-options.js'

/** A key that may log in. */
export interface AuthorizedKey {
  /** `ssh-ed25519`, `ssh-rsa`, … */
  readonly type: string
  /** The public key as it goes over the wire. */
  readonly blob: Buffer
  /** What the file says whose it is; may be empty. */
  readonly comment: string
}

/** A line of the file that gives nobody access, and why. */
export interface RefusedLine {
  /** From 1. */
  readonly line: number
  readonly reason: string
}

export interface AuthorizedKeys {
  readonly keys: readonly AuthorizedKey[]
  readonly refused: readonly RefusedLine[]
}

const supported = new Set([
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
])
const keyTypeForm = /^(?:ssh-|ecdsa-|sk-)[\w@.-]+$/

/**
 * Reads a file in OpenSSH's `authorized_keys` format. Lines that are not understood whole give no access: they are
 * listed, each with its reason.
 */
export function parseAuthorizedKeys(text: string): AuthorizedKeys {
  const keys: AuthorizedKey[] = []
  const refused: RefusedLine[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const read = parseLine(line)
    if (typeof read === 'string') refused.push({ line: index + 1, reason: read })
    else if (!keys.some(({ blob }) => blob.equals(read.blob))) keys.push(read)
  }
  return { keys, refused }
}

/** The key of a line, or why it can't be used. */
function parseLine(line: string): AuthorizedKey | string {
  const options = optionsOf(line)
  if (options !== '') {
    const refused = optionsRefused(options)
    if (refused !== null) return refused
  }
  const [type = '', base64 = '', ...comment] = line
    .slice(options.length)
    .trim()
    .split(/[ \t]+/)
  if (!keyTypeForm.test(type)) return 'it holds no key'
  if (!supported.has(type)) return `keys of type ${type} are not supported here`
  const blob = Buffer.from(base64, 'base64')
  if (blob.toString('base64') !== base64) return 'the key is not well-formed'
  if (wireType(blob) !== type || ssh2.utils.parseKey(`${type} ${base64}`) instanceof Error)
    return 'the key is not well-formed'
  return { type, blob, comment: comment.join(' ') }
}

/** What stands before the key: all up to the first space that is in no quotes, unless that is a type of key. */
function optionsOf(line: string): string {
  const first = /^(?:[^\s"]|"(?:[^"\\]|\\.)*")*/.exec(line)?.[0] ?? ''
  return keyTypeForm.test(first) ? '' : first
}

/** The type that a key on the wire begins with. */
function wireType(blob: Buffer): string {
  if (blob.length < 4) return ''
  return blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1')
}
