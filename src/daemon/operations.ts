import * as v from 'valibot'

import { checked } from './checked.js'
import type { Operations } from './operation.js'
import { follow } from './operations/follow.js'
import { hosts } from './operations/hosts.js'
import { init } from './operations/init.js'
import { list } from './operations/list.js'
import { testPeer } from './operations/peers.js'
import { mapProject, projects, unmapProject } from './operations/projects.js'
import { record } from './operations/record.js'
import { recover } from './operations/recover.js'
import { replay } from './operations/replay.js'
import { serve } from './operations/serve.js'
import { status } from './operations/status.js'
import { sync } from './operations/sync.js'
import { verifyPeer } from './operations/verify-peer.js'
import { verify } from './operations/verify.js'
import { versions } from './operations/versions.js'

const text = v.pipe(v.string(), v.maxLength(4096))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const nothing = v.object({})
const selection = v.object({
  session: v.exactOptional(text),
  root: v.exactOptional(text),
  project: v.exactOptional(text),
  host: v.exactOptional(text),
})
const mapping = v.object({ project: text, host: v.nullable(text) })

/** Everything that a command can ask for, by name. */
export const operations: Operations = {
  follow: checked(nothing, follow),
  hosts: checked(nothing, hosts),
  init: checked(v.object({ name: v.nullable(text) }), init),
  list: checked(v.object({ ...selection.entries, limit: v.exactOptional(v.nullable(count)) }), list),
  'peer.test': checked(v.object({ name: text }), testPeer),
  'peer.verify': checked(v.object({ name: text }), verifyPeer),
  projects: checked(nothing, projects),
  'project.map': checked(v.object({ ...mapping.entries, path: text }), mapProject),
  'project.unmap': checked(mapping, unmapProject),
  record: checked(nothing, record),
  recover: checked(v.object({ dryRun: v.boolean(), accept: v.boolean() }), recover),
  replay: checked(
    v.object({
      ...selection.entries,
      at: v.exactOptional(text),
      epoch: v.exactOptional(count),
      to: v.nullable(text),
      verify: v.boolean(),
    }),
    replay,
  ),
  serve: checked(nothing, serve),
  status: checked(nothing, status),
  sync: checked(
    v.object({
      peers: v.array(text),
      direction: v.nullable(v.picklist(['push', 'pull'])),
      dryRun: v.boolean(),
    }),
    sync,
  ),
  verify: checked(nothing, verify),
  versions: checked(
    v.object({ session: text, host: v.exactOptional(text), limit: v.nullable(count) }),
    versions,
  ),
}
