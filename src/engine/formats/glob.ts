import picomatch from 'picomatch'

/**
 * Globs of root patterns: `*`, `**`, `?`, `[…]`, `{a,b}`, and `\` before one of these characters for the character
 * itself. Names with a leading dot match as any other; everything else stands for itself.
 */
export function isGlob(text: string): boolean {
  return /[*?[\]{}]/.test(text.replace(/\\./gs, ''))
}

/** A pattern that matches just this text. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]{}\\]/g, '\\$&')
}

/** The text that a pattern without a glob stands for. */
export function unescapeGlob(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1')
}

/** Whether a text, such as a relative path, matches. */
export function globMatcher(pattern: string): (text: string) => boolean {
  // picomatch gives these a meaning that people's folder names (`My (old) logs`) do not intend.
  const plain = pattern.replace(/\\.|[()"|^$+!@]/gs, (found) => (found.length > 1 ? found : `\\${found}`))
  const options = { dot: true, nonegate: true, noextglob: true, windows: false }
  return picomatch(plain, options)
}
