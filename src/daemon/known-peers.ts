import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { fingerprint } from './peer-trust.js'
import { writePrivateFile } from './private-file.js'

/** A host that connected to this one, known by the key that it proved. */
export interface KnownPeer {
  readonly key: string
  /** What it called itself last. */
  readonly name: string
  readonly firstMs: number
  readonly lastMs: number
}

/** So many are remembered, the latest. */
const knownMax = 1000

const schema = v.array(
  v.object({ key: v.string(), name: v.string(), firstMs: v.number(), lastMs: v.number() }),
)

const fileOf = (identityFolder: string): string => join(identityFolder, 'known-peers.json')

/** The latest first. Empty where there is no list, or none that can be understood: it is a record, no permission. */
export function knownPeers(identityFolder: string): readonly KnownPeer[] {
  try {
    const parsed = v.safeParse(schema, JSON.parse(readFileSync(fileOf(identityFolder), 'utf8')))
    return parsed.success ? parsed.output : []
  } catch {
    return []
  }
}

/** Notes who connected. Whoever can run the command that serves is this host's user: nobody is turned away by it. */
export function notePeer(
  identityFolder: string,
  peer: { readonly hostName: string; readonly publicKey: Uint8Array },
  nowMs: number,
): void {
  const key = fingerprint(peer.publicKey)
  const known = knownPeers(identityFolder)
  const firstMs = known.find((each) => each.key === key)?.firstMs ?? nowMs
  const others = known.filter((each) => each.key !== key).slice(0, knownMax - 1)
  const peers = [{ key, name: peer.hostName, firstMs, lastMs: nowMs }, ...others]
  writePrivateFile(fileOf(identityFolder), `${JSON.stringify(peers, null, 1)}\n`)
}
