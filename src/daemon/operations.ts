import type { Operations } from './operation.js'
import { follow } from './operations/follow.js'
import { hosts } from './operations/hosts.js'
import { init } from './operations/init.js'
import { list } from './operations/list.js'
import { mapProject, projects, unmapProject } from './operations/projects.js'
import { record } from './operations/record.js'
import { recover } from './operations/recover.js'
import { replay } from './operations/replay.js'
import { status } from './operations/status.js'
import { verify } from './operations/verify.js'
import { versions } from './operations/versions.js'

/** Everything that a command can ask for, by name. */
export const operations: Operations = {
  follow,
  hosts,
  init,
  list,
  projects,
  'project.map': mapProject,
  'project.unmap': unmapProject,
  record,
  recover,
  replay,
  status,
  verify,
  versions,
}
