/** The last segment. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** A file name, or a path, without the extension of its last segment. A leading dot begins no extension. */
export function withoutExtension(path: string): string {
  const dot = path.lastIndexOf('.')
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path
}

/** The file name without its extension. */
export function stem(path: string): string {
  return withoutExtension(baseName(path))
}
