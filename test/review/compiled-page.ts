import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pageScripts } from '../../src/review/assets.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The page's scripts as a build makes them of the sources that are here now. */
export function compiledPage(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-page-'))
  try {
    const src = join(root, 'src')
    const files = [join(src, 'review', 'page'), join(src, 'cli')].flatMap((each) =>
      readdirSync(each).map((file) => join(each, file)),
    )
    const config = join(folder, 'tsconfig.json')
    const options = {
      rootDir: src,
      outDir: join(folder, 'out'),
      noCheck: true,
      noResolve: true,
      declaration: false,
      sourceMap: false,
      types: [],
    }
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.build.json'),
        compilerOptions: options,
        files,
        include: [],
      }),
    )
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    execFileSync(process.execPath, [tsc, '-p', config], { encoding: 'utf8' })
    return pageScripts(join(folder, 'out'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
