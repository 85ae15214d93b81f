import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Otherwise output of commands under test never reaches what captures it.
    disableConsoleIntercept: true,
    // Processes, because stores and sockets of one test file must be gone with it; two, because machines are small.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['./test/reporter.ts'],
  },
})
