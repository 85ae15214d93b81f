import { spawn } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'

/** The containers that a test set up, from the file that HOLDFAST_TEST_CONTAINERS names. */
export function readScene() {
  return JSON.parse(readFileSync(process.env['HOLDFAST_TEST_CONTAINERS'], 'utf8'))
}

/** Notes a call for the test to look at. */
export function noteCall(scene, program, args) {
  if (scene.calls) appendFileSync(scene.calls, `${JSON.stringify([program, ...args])}\n`)
}

/** Says why not, and ends. */
export function fail(words, code = 1) {
  process.stderr.write(`${words}\n`)
  process.exit(code)
}

/**
 * Runs a command in a container: nothing of this process's environment but the search path, and a home of its own. Its
 * streams go through this process, so that they end with it. Resolves with the exit code.
 */
export function runIn(container, [program, ...args]) {
  const env = { PATH: container.path ?? process.env['PATH'], HOME: container.home, ...container.env }
  const child = spawn(program, args, { env, cwd: container.home, stdio: 'pipe' })
  child.stdin.on('error', () => process.stdin.destroy())
  process.stdin.pipe(child.stdin)
  child.stdout.pipe(process.stdout)
  child.stderr.pipe(process.stderr)
  return new Promise((resolve) => {
    child.once('error', () => resolve(126))
    child.once('close', (code) => resolve(code ?? 137))
  })
}

export const noShell =
  'OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown'
