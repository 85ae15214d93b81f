import { withString } from './json-field-split.js'
import { mapLines, type SessionFile } from './session-split.js'

/** Where a session_meta has said the session's id so far. */
const idFields = ['id', 'session_id'] as const

/**
 * A branch of a Codex rollout as one of its own: the uuid in the file's name and in the session_meta of the first line
 * changes. All other lines stay as they are: within a branch the ordinals already continue.
 */
export function splitCodexRollout({ path, bytes }: SessionFile, oldId: string, newId: string): SessionFile {
  const slash = path.lastIndexOf('/') + 1
  return {
    path: path.slice(0, slash) + path.slice(slash).replace(oldId, newId),
    bytes: mapLines(bytes, (line, index) =>
      index === 0
        ? idFields.reduce((meta, field) => withString(meta, ['payload', field], oldId, newId), line)
        : line,
    ),
  }
}
