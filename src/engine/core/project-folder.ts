import { expandHome, pathBelow, plainPath, selfAndParents } from './host-path.js'
import type { Mapping } from './project-map.js'
import { cutSlug, slugMatches, slugMaxChars, wholeSlug } from './slug.js'

/** The place of a folder in the words that all hosts share. */
export type ProjectPlace =
  /** A mapped project; `below` is the slug of what follows the mapped folder: '' or `-…`. */
  | { readonly kind: 'mapped'; readonly project: string; readonly below: string }
  /** `below` is the slug of what follows the home directory: '' or `-…`. */
  | { readonly kind: 'home'; readonly below: string }
  | { readonly kind: 'folder'; readonly folder: string }

/**
 * Where a project folder that is named by a slug belongs.
 *
 * The slug is lossy (`-Users-me-too-x` is `/Users/me-too/x` or `/Users/me/too/x`), so the session's working directory
 * decides where it can. It counts only if the folder is the slug of it or of one of its parents. Otherwise it is
 * foreign: the session was begun on another machine and brought here, and its first lines name that machine's
 * paths. Then the folder decides, and a foreign directory merely confirms where a name ends: `/x/home/sub` tells that
 * `-me-home-sub` is `sub` below `/me/home`.
 */
export function placeOfFolder(
  folder: string,
  cwd: string | null,
  home: string,
  mappings: readonly Mapping[],
): ProjectPlace {
  const real = cwd === null ? undefined : selfAndParents(cwd).find((path) => slugMatches(folder, path))
  if (real !== undefined) {
    const place = placeOfPath(real, home, mappings)
    // An uncut name says what the path says, in the spelling that other files of the folder are named by.
    return place.kind === 'folder' && cutSlug(folder) === null ? { kind: 'folder', folder } : place
  }

  for (const mapping of bySpecificity(mappings, home)) {
    const below = slugBelow(folder, mapping.path, cwd)
    // Without a directory to confirm it, `-me-home-assistant` is not taken for a part of `/me/home`.
    if (below !== null && (below.slug === '' || below.confirmed)) {
      return { kind: 'mapped', project: mapping.project, below: below.slug }
    }
  }
  const below = isHome(home) ? slugBelow(folder, home, cwd) : null
  return below === null ? { kind: 'folder', folder } : { kind: 'home', below: below.slug }
}

/** Where a real path belongs. Slugs are uncut, so that hosts agree on paths too long for a folder name. */
export function placeOfPath(path: string, home: string, mappings: readonly Mapping[]): ProjectPlace {
  for (const mapping of bySpecificity(mappings, home)) {
    const below = pathBelow(path, mapping.path)
    if (below !== null) return { kind: 'mapped', project: mapping.project, below: wholeSlug(below) }
  }
  const below = isHome(home) ? pathBelow(path, home) : null
  return below === null
    ? { kind: 'folder', folder: wholeSlug(path) }
    : { kind: 'home', below: wholeSlug(below) }
}

/** A home of `/`, as in containers without a user, is none: it would claim every path. */
function isHome(home: string): boolean {
  return plainPath(home) !== ''
}

/** Deepest folder first; then what is said of this host before what is said of all; then the latest. */
function bySpecificity(mappings: readonly Mapping[], home: string): Mapping[] {
  const found = []
  for (const [age, mapping] of mappings.entries()) {
    const path = expandHome(mapping.path, home)
    if (path !== null) found.push({ age, depth: plainPath(path).length, mapping: { ...mapping, path } })
  }
  return found
    .toSorted((a, b) => b.depth - a.depth || general(a.mapping) - general(b.mapping) || b.age - a.age)
    .map((entry) => entry.mapping)
}

function general(mapping: Mapping): number {
  return mapping.host === null ? 1 : 0
}

/** What of a slug follows the slug of `base`, and whether a foreign directory ends in just that. */
function slugBelow(
  folder: string,
  base: string,
  foreign: string | null,
): { readonly slug: string; readonly confirmed: boolean } | null {
  if (slugMatches(folder, base)) return { slug: '', confirmed: true }
  const head = wholeSlug(base)
  if (head.length >= slugMaxChars || !slugMatches(folder.slice(0, head.length), base)) return null
  const slug = folder.slice(head.length)
  if (!slug.startsWith('-')) return null
  const cut = cutSlug(folder)?.slice(head.length) ?? null
  for (const ending of foreign === null ? [] : endings(foreign)) {
    if (cut === null ? ending === slug : ending.startsWith(cut) && ending.length > cut.length) {
      return { slug: ending, confirmed: true }
    }
  }
  return { slug, confirmed: false }
}

/**
 * Slugs of a path's endings that begin at a segment, longest first: where folders repeat (`/a/a/a`), the longest ending
 * that agrees with a cut slug is the one that follows the home.
 */
function endings(path: string): string[] {
  const plain = plainPath(path)
  const found: string[] = []
  for (let at = plain.indexOf('/'); at !== -1; at = plain.indexOf('/', at + 1)) {
    found.push(wholeSlug(plain.slice(at)))
  }
  return found
}
