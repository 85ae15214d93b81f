import { HoldfastError, invariant } from '../../engine/core/errors.js'
import type { Withhold } from '../../engine/ports/replica.js'
import type { Channel } from './channel.js'
import { expectType } from './handshake.js'
import { protocolFeatures } from './messages.js'
import type { Hello } from './messages.js'
import type { SyncOptions } from './sync-types.js'

type FilterOptions = Pick<SyncOptions, 'features' | 'only' | 'role' | 'withhold' | 'withholdFor'>

/** What this end offers and announces in its hello. Nothing of the filter itself: the peer has not proved its key yet. */
export function featuresOf({
  features = protocolFeatures,
  only,
  role,
  withholdFor,
}: FilterOptions): string[] {
  invariant(
    only === undefined || (role === 'initiator' && withholdFor !== undefined),
    'who may ask for a filter',
  )
  const able = withholdFor ? features : features.filter((name) => name !== 'filter')
  return only ? [...able, 'filtered'] : [...able]
}

/** Whether a filter binds both ends of this session. */
export function isFiltered({ only }: FilterOptions, hello: Hello): boolean {
  return only !== undefined || (hello.role === 'initiator' && hello.features.includes('filtered'))
}

/**
 * What is kept back here in this session: by this end's own rule, and by the filter that the initiator asks for. Each end
 * makes its own rule from the names. Throws PROTOCOL where one of the two ends does not know of filters.
 */
export async function agreeOnFilter(
  channel: Channel,
  options: FilterOptions,
  hello: Hello,
): Promise<Withhold | undefined> {
  const { only, withhold, withholdFor } = options
  if (!isFiltered(options, hello)) return withhold
  if (!withholdFor || (only && !hello.features.includes('filter')))
    throw new HoldfastError('PROTOCOL', 'one of the two ends can’t sync a part only', {
      next: 'Install the same version of Holdfast on both hosts, or sync everything.',
    })
  if (only) channel.post({ type: 'filter', ...only })
  const asked = only ?? expectType(await channel.next(), 'filter')
  const filter = await withholdFor({ projects: asked.projects, sessions: asked.sessions })
  if (!withhold) return filter
  return (log, subject) => withhold(log, subject) || filter(log, subject)
}
