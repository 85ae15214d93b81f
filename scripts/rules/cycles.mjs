/**
 * Import cycles among files, each reported once, at the import that closes it. `files` is a map from path to
 * `{ imports: [{ resolved, line }] }`, in an order that is the same every time.
 */
export function checkCycles(files) {
  const violations = []
  const done = new Set()
  const visit = (path, trail) => {
    for (const { resolved, line } of files.get(path)?.imports ?? []) {
      if (resolved === undefined || done.has(resolved)) continue
      const start = trail.indexOf(resolved)
      if (start >= 0) {
        const cycle = [...trail.slice(start), resolved].join(' -> ')
        violations.push({ path, line, message: `import cycle: ${cycle}` })
      } else visit(resolved, [...trail, resolved])
    }
    done.add(path)
  }
  for (const path of files.keys()) if (!done.has(path)) visit(path, [path])
  return violations
}
