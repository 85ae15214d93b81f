import { baseName } from './path.js'

/** What an agent makes anew from its other files: another host's copy would only be wrong here. */
const derived: Readonly<Record<string, ReadonlySet<string>>> = {
  claude: new Set(['sessions-index.json']),
}

/** Whether what other hosts have of a file belongs into this host's. It is recorded and kept either way. */
export function isWrittenBack(format: string, path: string): boolean {
  return !derived[format]?.has(baseName(path))
}
