import { fileURLToPath } from 'node:url'
import { flush } from '@oclif/core/flush'
import { run } from '@oclif/core/run'
import { settings } from '@oclif/core/settings'
import { HoldfastError } from '../engine/core/errors.js'
import { errorJson, errorLines, knownError } from './error-report.js'
import { safeBlock } from './safe-text.js'

/** Runs the command line of this process. `root` is the package's folder. Sets the exit code. */
export async function main(root: URL): Promise<void> {
  // A checkout runs what was built, whatever NODE_ENV says: compiling on the fly would be another program.
  settings.enableAutoTranspile = false
  try {
    await run(process.argv.slice(2), fileURLToPath(root))
    await flush()
  } catch (error) {
    report(error)
  }
}

/** Errors that no command could report itself: an unknown command, a broken installation, `exit()`. */
function report(error: unknown): void {
  const exit = (error as { readonly oclif?: { readonly exit?: number } }).oclif?.exit
  if ((error as { readonly code?: unknown }).code === 'EEXIT') {
    process.exitCode = exit ?? 0
    return
  }
  // 127 is how the library says that there is no such command.
  const known =
    exit === 127
      ? new HoldfastError('USAGE', 'there is no such command', { next: 'See `holdfast help`.' })
      : knownError(error)
  process.exitCode = known.exitCode
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(errorJson(known), null, 2)}\n`)
  else
    for (const line of errorLines(known, process.env['HOLDFAST_DEBUG'] === '1'))
      process.stderr.write(`${safeBlock(line)}\n`)
}
