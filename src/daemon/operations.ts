import * as v from 'valibot'

import { checked } from './checked.js'
import type { Operations } from './operation.js'
import { previewConflict } from './operations/conflict-preview.js'
import { resolveConflict, undoConflict } from './operations/conflict-resolve.js'
import { showConflict } from './operations/conflict-show.js'
import { conflicts } from './operations/conflicts.js'
import { follow } from './operations/follow.js'
import { hosts } from './operations/hosts.js'
import { init } from './operations/init.js'
import { list } from './operations/list.js'
import { testPeer } from './operations/peers.js'
import { mapProject, projects, unmapProject } from './operations/projects.js'
import { record } from './operations/record.js'
import { recover } from './operations/recover.js'
import { recoverFrom } from './operations/recover-from.js'
import { replay } from './operations/replay.js'
import { serve } from './operations/serve.js'
import { status } from './operations/status.js'
import { sync } from './operations/sync.js'
import { timeline, timelineMaxSteps } from './operations/timeline.js'
import { timelineEvents, timelineMaxEvents } from './operations/timeline-events.js'
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
const choice = v.object({
  id: text,
  choice: v.picklist(['union', 'split', 'keep']),
  host: v.exactOptional(text),
})
const moments = v.object({ from: v.exactOptional(count), to: v.exactOptional(count) })
const mapping = v.object({ project: text, host: v.nullable(text) })

/** Everything that a command can ask for, by name. */
export const operations: Operations = {
  'conflict.preview': checked(choice, previewConflict),
  'conflict.resolve': checked(
    v.object({ ...choice.entries, dryRun: v.boolean(), basis: v.exactOptional(text) }),
    resolveConflict,
  ),
  'conflict.show': checked(
    v.object({
      id: text,
      from: v.exactOptional(v.pipe(v.number(), v.safeInteger())),
      limit: v.exactOptional(count),
      branch: v.exactOptional(count),
    }),
    showConflict,
  ),
  'conflict.undo': checked(v.object({ id: text }), undoConflict),
  conflicts: checked(
    v.object({ status: v.exactOptional(v.picklist(['open', 'merged', 'resolved', 'all'])) }),
    conflicts,
  ),
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
  'recover.from': checked(v.object({ from: text, host: v.nullable(text), dryRun: v.boolean() }), recoverFrom),
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
      projects: v.exactOptional(v.array(text)),
      sessions: v.exactOptional(v.array(text)),
      noWrite: v.exactOptional(v.boolean()),
      quietTimeMs: v.exactOptional(v.nullable(count)),
    }),
    sync,
  ),
  timeline: checked(
    v.object({
      ...moments.entries,
      steps: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(timelineMaxSteps)),
    }),
    timeline,
  ),
  'timeline.events': checked(
    v.object({
      ...moments.entries,
      host: v.exactOptional(text),
      before: v.exactOptional(v.object({ ms: count, counter: count, log: text, offset: count })),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(timelineMaxEvents)),
    }),
    timelineEvents,
  ),
  verify: checked(nothing, verify),
  versions: checked(
    v.object({ session: text, host: v.exactOptional(text), limit: v.nullable(count) }),
    versions,
  ),
}
