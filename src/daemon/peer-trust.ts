import { createHash } from 'node:crypto'
import { HoldfastError } from '../engine/core/errors.js'

/** What people compare: `SHA256:` and base64, as ssh shows keys. */
export function fingerprint(publicKey: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`
}

/** Throws PEER_REFUSED where the peer shows another key than the one that was met first. */
export function requireKey(
  peer: { readonly name: string; readonly url: string; readonly key?: string },
  publicKey: Uint8Array,
): void {
  const shown = fingerprint(publicKey)
  if (peer.key === undefined || peer.key === shown) return
  throw new HoldfastError(
    'PEER_REFUSED',
    `${peer.name} shows another key than before: ${shown}, not ${peer.key}`,
    {
      next:
        'Where Holdfast was set up anew over there, accept the new key: ' +
        `\`holdfast peer add ${peer.name} '${peer.url}'\`. Otherwise something else answers in its place.`,
    },
  )
}
