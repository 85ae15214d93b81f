import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const root = dirname(import.meta.dirname)

let program: Promise<string> | undefined

/**
 * The command line's program, built from this checkout as it is now into a folder of its own, once a process; removed
 * at its end. What `dist` holds may be older, or about to change.
 */
export function builtProgram(): Promise<string> {
  return (program ??= build())
}

async function build(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-built-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
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
