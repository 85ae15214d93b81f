import { DefaultReporter } from 'vitest/node'
import type { SerializedError, TestModule, TestRunEndReason } from 'vitest/node'

/** How a run went. A file or a hook that fails outside every test counts as one failed test. */
export interface RunCounts {
  readonly passed: number
  readonly failed: number
  /** Full names of the tests that did not run. */
  readonly skipped: readonly string[]
}

/** The lines that close a run: skipped tests by name, then the summary alone on the last line. */
export function closingLines({ passed, failed, skipped }: RunCounts): string[] {
  const summary = `${passed} passed, ${failed} failed`
  if (skipped.length === 0) return [summary]
  return [...skipped.map((name) => `skipped: ${name}`), `${summary}, ${skipped.length} skipped`]
}

/**
 * The default report, closed by one line that scripts can read. With CI=true a skipped test fails the run: there
 * everything that tests need is installed, so a skip would hide a hole.
 */
export default class ClosingReporter extends DefaultReporter {
  override onTestRunEnd(
    modules: readonly TestModule[],
    errors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, errors, reason)
    const counts = countRun(modules, errors)
    this.log(closingLines(counts).join('\n'))
    if (process.env['CI'] === 'true' && counts.skipped.length > 0) process.exitCode = 1
  }
}

function countRun(modules: readonly TestModule[], errors: readonly unknown[]): RunCounts {
  let passed = 0
  let failed = errors.length
  const skipped: string[] = []
  for (const module of modules) {
    failed += module.errors().length
    for (const suite of module.children.allSuites()) failed += suite.errors().length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed++
      else if (state === 'failed') failed++
      else skipped.push(`${module.relativeModuleId} > ${test.fullName}`)
    }
  }
  return { passed, failed, skipped: skipped.sort() }
}
