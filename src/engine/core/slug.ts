import { isWindowsPath, plainPath } from './host-path.js'

/** Claude Code cuts the folder name of a project at this many characters and appends a hash. */
export const slugMaxChars = 200

/** The slug of a path before any cut: NFC, then `-` for every UTF-16 unit outside `[a-zA-Z0-9]`. */
export function wholeSlug(path: string): string {
  const plain = plainPath(path)
  return (plain === '' && path !== '' ? '/' : plain).replace(/[^a-zA-Z0-9]/g, '-')
}

/**
 * The folder name that Claude Code gives the project at this real path. Lossy: `/a/b-c` and `/a/b/c` share one.
 * Past 200 characters the hash is only one of those in use (each client has its own), so compare with `slugMatches`.
 */
export function slugOf(path: string): string {
  const whole = wholeSlug(path)
  return whole.length <= slugMaxChars ? whole : `${whole.slice(0, slugMaxChars)}-${pathHash(plainPath(path))}`
}

/** Whether `slug` may be the folder of the project at this path, whichever client made it. */
export function slugMatches(slug: string, path: string): boolean {
  const whole = wholeSlug(path)
  const equal = (a: string, b: string): boolean =>
    isWindowsPath(path) ? a.toLowerCase() === b.toLowerCase() : a === b
  // Clients that do not cut exist too, so the whole slug matches at any length.
  if (equal(slug, whole)) return true
  const kept = whole.length > slugMaxChars ? cutSlug(slug) : null
  return kept !== null && equal(kept, whole.slice(0, slugMaxChars))
}

/** What a cut slug keeps of the path, without its hash; null where the slug was not cut. */
export function cutSlug(slug: string): string | null {
  return /^-[a-z0-9]+$/.test(slug.slice(slugMaxChars)) ? slug.slice(0, slugMaxChars) : null
}

/** A polynomial hash in 32 bits, base 36: short, and stable on every platform. */
function pathHash(path: string): string {
  let hash = 0
  for (let i = 0; i < path.length; i++) hash = (Math.imul(hash, 31) + path.charCodeAt(i)) | 0
  return Math.abs(hash).toString(36)
}
