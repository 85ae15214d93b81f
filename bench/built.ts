import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const root = dirname(import.meta.dirname)

/**
 * Builds the command line from this checkout as it is now into a new folder and returns the program. What `dist` holds may
 * be older, or about to change.
 */
export async function buildProgram(folder: string): Promise<string> {
  mkdirSync(folder)
  for (const part of ['bin', 'scripts']) mkdirSync(join(folder, part))
  for (const file of ['package.json', 'bin/run.js', 'scripts/manifest.mjs']) {
    copyFileSync(join(root, file), join(folder, file))
  }
  for (const part of ['node_modules', 'src']) symlinkSync(join(root, part), join(folder, part))
  const runProgram = promisify(execFile)
  const compiler = join(root, 'node_modules', '.bin', 'tsc')
  // It writes what it can even where a type is wrong, which `npm run check` tells.
  await runProgram(compiler, [
    '-p',
    join(root, 'tsconfig.build.json'),
    '--outDir',
    join(folder, 'dist'),
  ]).catch(() => undefined)
  await runProgram(process.execPath, [join(folder, 'scripts', 'manifest.mjs')])
  return join(folder, 'bin', 'run.js')
}
