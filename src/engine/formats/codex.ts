import { isContent, mayHoldContent } from './droppings.js'
import { firstInRecords, isRecord } from './first-records.js'
import type { Format } from './format-rules.js'
import { baseName, stem } from './path.js'

const rollout = /^rollout-.+?-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl(?:\.zst)?$/i

/**
 * Codex's home: `sessions/YYYY/MM/DD/rollout-<time>-<uuid>.jsonl` and `archived_sessions/`; nothing else of it holds
 * sessions. After some days Codex replaces a file by `….jsonl.zst`.
 */
export const codex: Format = {
  name: 'codex',
  classify(path) {
    if (!/^(?:archived_)?sessions\/.*\.jsonl(?:\.zst)?$/s.test(path)) return null
    return isContent(path) ? 'log' : null
  },
  mayHold: (folder) =>
    folder === '' || (/^(?:archived_)?sessions(?:\/|$)/.test(folder) && mayHoldContent(folder)),
  cwd: (firstBytes) =>
    firstInRecords(firstBytes, ({ type, payload }) =>
      (type === 'session_meta' || type === 'turn_context') && isRecord(payload) ? payload['cwd'] : null,
    ),
  sessionId: (path) => rollout.exec(baseName(path))?.[1] ?? stem(path.replace(/\.zst$/, '')),
  projectFolder: () => '',
  // A rollout's name holds its time and uuid, and archiving moves it to another folder: the name alone is the
  // stream. A recompressed copy is a stream of its own, since its bytes are no continuation of the plain ones.
  streamName: (path) =>
    rollout.test(baseName(path))
      ? { name: baseName(path), unique: 'root' }
      : { name: path, unique: 'project' },
  recodedPath: (path) => (path.endsWith('.jsonl') ? `${path}.zst` : null),
  mergeOf: (path) => (path.endsWith('.zst') ? 'whole' : 'ordered'),
}
