import { resolve } from 'node:path'

export const sessionArgument = { description: 'a session id, a unique prefix of one, or a path' }

/** A session as it was named; a path that begins at the working folder is made absolute, as the daemon has another. */
export function namedSession(text: string, cwd: string): string {
  return /^\.{1,2}[\\/]/.test(text) ? resolve(cwd, text) : text
}
