#!/usr/bin/env node
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)

if (existsSync(main)) {
  const { main: run } = await import(main.href)
  await run(new URL('..', import.meta.url))
} else {
  process.stderr.write('Error: this checkout is not built.\nNext: run `npm ci`, then `npm run build`.\n')
  process.exitCode = 1
}
