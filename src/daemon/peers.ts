import { HoldfastError } from '../engine/core/errors.js'
import { applyConfigEdit } from './config-apply.js'
import { dropPeer, putPeer } from './config-edit.js'
import { editConfigFile } from './config-file.js'
import { loadConfig, type ConfiguredPeer } from './config.js'
import type { Home } from './home.js'
import { parsePeerUrl } from './peer-url.js'

/** A peer as commands show it. */
export interface PeerRow {
  readonly name: string
  readonly url: string
  readonly direction: 'both' | 'push' | 'pull'
  /** Only these projects are exchanged; none named: all. */
  readonly projects: readonly string[]
  /** Fingerprint of its key; null before it was met. */
  readonly key: string | null
}

/** The peers that this host exchanges events with. Throws CONFIG_INVALID. */
export function listPeers(home: Home): PeerRow[] {
  return loadConfig(home).peers.map(peerRow)
}

export function peerRow({ name, url, direction, projects, key }: ConfiguredPeer): PeerRow {
  return { name, url, direction, projects: projects ?? [], key: key ?? null }
}

/** Throws PEER_UNKNOWN. */
export function configuredPeer(home: Home, name: string): ConfiguredPeer {
  const peer = loadConfig(home).peers.find((each) => each.name === name)
  if (!peer) throw new HoldfastError('PEER_UNKNOWN', `no peer is named ${name}`)
  return peer
}

/**
 * Adds a peer, or replaces the one of that name: its key is taken anew when it is met. Throws USAGE for an address that
 * can't be reached, CONFIG_INVALID.
 */
export async function addPeer(home: Home, peer: Omit<ConfiguredPeer, 'key'>): Promise<void> {
  parsePeerUrl(peer.url)
  await applyConfigEdit(home, (text) => putPeer(text, peer, home.configFile))
}

/** Takes a peer out of the config; what it sent stays. Throws PEER_UNKNOWN. */
export async function removePeer(home: Home, name: string): Promise<void> {
  configuredPeer(home, name)
  await applyConfigEdit(home, (text) => dropPeer(text, name, home.configFile))
}

/** Keeps the key that a peer showed at the first meeting. Does nothing where it was removed or changed meanwhile. */
export function pinKey(home: Home, peer: ConfiguredPeer, key: string): void {
  editConfigFile(home, (text) => {
    const now = loadConfig(home).peers.find(({ name }) => name === peer.name)
    if (now?.url !== peer.url || now.key !== undefined) return text
    return putPeer(text, { ...now, key }, home.configFile)
  })
}
