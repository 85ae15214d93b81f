import ssh2 from 'ssh2'
import type { AuthorizedKey } from './authorized-keys.js'

/** How a client tries to log in by a key. */
export interface LoginTry {
  readonly key: { readonly algo: string; readonly data: Buffer }
  /** The hash that an RSA signature is made with. None: SHA-1, which is not accepted. */
  readonly hashAlgo?: string | undefined
  /** What was signed: the session and the request. */
  readonly blob?: Buffer | undefined
  /** Missing where the client only asks whether the key may log in. */
  readonly signature?: Buffer | undefined
}

/**
 * The authorized key that this is a login by, or a question about; undefined where it is none, or where the signature
 * is not that key's over this very session.
 */
export function authorise(keys: readonly AuthorizedKey[], attempt: LoginTry): AuthorizedKey | undefined {
  const { key, hashAlgo, blob, signature } = attempt
  const found = keys.find((each) => sameBytes(each.blob, key.data))
  if (found?.type !== key.algo) return undefined
  if (found.type === 'ssh-rsa' && hashAlgo === undefined) return undefined
  if (signature === undefined) return found
  const parsed = ssh2.utils.parseKey(`${found.type} ${found.blob.toString('base64')}`)
  if (parsed instanceof Error || blob === undefined) return undefined
  // It gives back an error, which is true to an `if`, for a signature that can't be read.
  const verdict: unknown = parsed.verify(blob, signature, hashAlgo)
  return verdict === true ? found : undefined
}

/** Takes as long whatever the bytes are: it tells nothing about a key that it does not match. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (const [i, byte] of a.entries()) difference |= byte ^ (b[i] ?? 0)
  return difference === 0
}
