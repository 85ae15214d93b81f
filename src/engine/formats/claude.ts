import { isContent, mayHoldContent } from './droppings.js'
import { firstInRecords } from './first-records.js'
import type { Format } from './format-rules.js'
import { baseName, stem } from './path.js'

const metaSuffix = '.meta.json'

/**
 * Claude Code's `projects/`: `<slug>/<session>.jsonl`, `<slug>/<session>/subagents/…/agent-<id>.jsonl` with a
 * `.meta.json` beside it, `<slug>/<session>/tool-results/`, notes below `<slug>/memory/`. A subagent's lines carry its
 * parent's session id, so the file's name is its identity.
 */
export const claude: Format = {
  name: 'claude',
  classify(path) {
    if (!isContent(path)) return null
    return path.endsWith(metaSuffix) ? 'state' : 'log'
  },
  mayHold: mayHoldContent,
  cwd: (firstBytes) => firstInRecords(firstBytes, (record) => record['cwd']),
  sessionId(path) {
    const name = baseName(path)
    return name.endsWith(metaSuffix) ? name.slice(0, -metaSuffix.length) : stem(path)
  },
  projectFolder,
  streamName(path) {
    const folder = projectFolder(path)
    return { name: folder === '' ? path : path.slice(folder.length + 1), unique: 'project' }
  },
  recodedPath: () => null,
  mergeOf: (path) => (path.endsWith('.jsonl') && !path.includes('/tool-results/') ? 'tree' : 'whole'),
}

/**
 * The first folder that is a slug of an absolute path; a root over several users' `projects/` has folders before it.
 * Without any, the first folder.
 */
function projectFolder(path: string): string {
  const folders = path.split('/').slice(0, -1)
  const slug = folders.findIndex((folder) => /^(?:-|[A-Za-z]--)/.test(folder))
  return folders.slice(0, Math.max(slug, 0) + 1).join('/')
}
