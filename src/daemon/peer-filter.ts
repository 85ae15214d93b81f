import { HoldfastError } from '../engine/core/errors.js'
import type { SyncFilter } from '../transport/sync/sync-types.js'
import type { ConfiguredPeer } from './config.js'

/** What somebody asks for in one session; nothing named: all that the peer is set up for. */
export interface AskedFor {
  readonly projects?: readonly string[]
  readonly sessions?: readonly string[]
}

/**
 * What a session with a peer is about: what is asked for, within what the peer is set up for. Empty for everything. Throws
 * USAGE where nothing is left.
 */
export function peerFilter(
  { name, projects: set = [] }: Pick<ConfiguredPeer, 'name' | 'projects'>,
  { projects: asked = [], sessions = [] }: AskedFor,
): { readonly only?: SyncFilter } {
  const both =
    asked.length === 0 ? set : set.length === 0 ? asked : asked.filter((each) => set.includes(each))
  if (both.length === 0 && asked.length > 0)
    throw new HoldfastError('USAGE', `${name} is set up for ${set.join(', ')} only`, {
      next: 'Leave out --project, or add the peer anew with other projects.',
    })
  return both.length + sessions.length === 0 ? {} : { only: { projects: both, sessions } }
}
