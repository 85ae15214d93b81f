const sessionFolder = /^(.*?(?:^|\/)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//i
const metaSuffix = '.meta.json'

/**
 * The session's own file, for what Claude Code keeps beside it (`<session>/subagents/…`, `<session>/tool-results/…`, an
 * agent's `.meta.json`); null for others.
 */
export function sessionFileOf(format: string, path: string): string | null {
  if (format !== 'claude') return null
  const folder = sessionFolder.exec(path)?.[1]
  if (folder !== undefined) return `${folder}.jsonl`
  return path.endsWith(metaSuffix) ? `${path.slice(0, -metaSuffix.length)}.jsonl` : null
}

/** Whether other files may take their project from this one. The folder that they stand in, or null. */
export function companionFolderOf(format: string, path: string): string | null {
  return format === 'claude' && path.endsWith('.jsonl') ? path.slice(0, -'.jsonl'.length) : null
}
