import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Modules beside the page’s own that the browser loads: pure, and shared with the commands. */
const sharedModules = ['counted', 'damage-lines', 'format', 'peer-text', 'safe-text'].map(
  (name) => `cli/${name}.js`,
)

/**
 * The scripts of the page by their path below the folder of compiled sources, read once: what is served is what stands in
 * this list, whatever a request says.
 * @param compiled the folder that holds `review` and `cli`, compiled
 */
export function pageScripts(compiled: string): ReadonlyMap<string, string> {
  const own = readdirSync(join(compiled, 'review', 'page')).filter((file) => file.endsWith('.js'))
  const paths = [...own.map((file) => `review/page/${file}`), ...sharedModules]
  return new Map(
    paths.map((path) => {
      const source = readFileSync(join(compiled, path), 'utf8')
      // The maps are not served.
      return [path, source.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, '\n')]
    }),
  )
}
