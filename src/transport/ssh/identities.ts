import ssh2 from 'ssh2'
import type { ParsedKey } from 'ssh2'
import { keyType } from './known-hosts.js'
import type { SshHost } from './ssh-host.js'
import type { SshFile, SshMachine } from './ssh-machine.js'

/** A key file that the config names and that is there. */
export interface Identity {
  readonly path: string
  /** The public key, where it can be known without a passphrase. */
  readonly publicKey: Buffer | null
  /** The private key, where it can be used from the file. */
  readonly key: ParsedKey | null
  /** Why it can't be used from the file. */
  readonly unusable: 'encrypted' | 'open-to-others' | 'security-key' | 'public-only' | 'unsupported' | null
  /** Whether a certificate lies beside it. */
  readonly hasCertificate: boolean
}

/** The key files of a host, in the config's order; those that don't exist are left out. */
export async function loadIdentities(machine: SshMachine, host: SshHost): Promise<Identity[]> {
  const loaded = await Promise.all(host.identityFiles.map((path) => loadIdentity(machine, path)))
  return loaded.filter((identity) => identity !== null)
}

async function loadIdentity(machine: SshMachine, path: string): Promise<Identity | null> {
  const [file, beside, certificate] = await Promise.all([
    machine.readFile(path),
    machine.readFile(`${path}.pub`),
    machine.readFile(`${path}-cert.pub`),
  ])
  const publicKey = (beside && publicLine(beside)) ?? (file && (publicLine(file) ?? publicPart(file.bytes)))
  const base = { path, hasCertificate: certificate !== null }
  if (publicKey && keyType(publicKey).startsWith('sk-'))
    return { ...base, publicKey, key: null, unusable: 'security-key' }
  if (!file) return publicKey ? { ...base, publicKey, key: null, unusable: 'public-only' } : null
  if (publicLine(file)) return { ...base, publicKey, key: null, unusable: 'public-only' }
  if (file.openToOthers) return { ...base, publicKey, key: null, unusable: 'open-to-others' }
  const key = privateKey(file.bytes)
  if (key instanceof Error) {
    // The library tells an encrypted key from a broken one by its words alone.
    const unusable = /encrypted/i.test(key.message) ? 'encrypted' : 'unsupported'
    return { ...base, publicKey, key: null, unusable }
  }
  return { ...base, publicKey: key.getPublicSSH(), key, unusable: null }
}

function privateKey(bytes: Buffer): ParsedKey | Error {
  try {
    const parsed: ParsedKey | Error | (ParsedKey | undefined)[] = ssh2.utils.parseKey(bytes)
    const key = Array.isArray(parsed) ? parsed[0] : parsed
    if (key instanceof Error) return key
    return key?.isPrivateKey() === true ? key : new Error('no private key')
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** The key of a file that holds one line of a public key. */
function publicLine({ bytes }: SshFile): Buffer | null {
  const [type, base64] = bytes.toString('latin1', 0, 32_768).trim().split(/\s+/)
  if (type === undefined || base64 === undefined) return null
  const blob = Buffer.from(base64, 'base64')
  return keyType(blob) === type ? blob : null
}

const opening = '-----BEGIN OPENSSH PRIVATE KEY-----'
const magic = 'openssh-key-v1\0'

/** OpenSSH’s own files hold the public key in the clear, also where the private one is encrypted. */
function publicPart(bytes: Buffer): Buffer | null {
  const text = bytes.toString('latin1').trim()
  if (!text.startsWith(opening)) return null
  const body = Buffer.from(text.slice(opening.length).replace(/-----END[^]*$/, ''), 'base64')
  if (body.toString('latin1', 0, magic.length) !== magic) return null
  let at = magic.length
  const next = (): Buffer | null => {
    if (body.length < at + 4) return null
    const from = at + 4
    at = from + body.readUInt32BE(at)
    return at > body.length ? null : body.subarray(from, at)
  }
  // Cipher, key derivation, its options; then the number of keys.
  if (!next() || !next() || !next()) return null
  at += 4
  return next()
}
