import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { temporaryFolder } from '../daemon/temporary-home.js'
import { runCommand } from './run-command.js'
import type { CommandOutcome } from './run-command.js'

export const sessions = {
  shop: 'aaaa1111-0000-4000-8000-000000000001',
  blog: 'aaaa2222-0000-4000-8000-000000000002',
} as const

/** A line as an agent writes it. */
export function line(text: string): string {
  return `${JSON.stringify({ type: 'user', cwd: '/home/ada/code', message: { content: text } })}\n`
}

/** A home of this test alone with two sessions of two projects, and commands that run in it. */
export interface SessionHome {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Absolute path of a session's file. */
  file(session: keyof typeof sessions): string
  run(...args: string[]): Promise<CommandOutcome>
  /** Runs with --json and expects that exit code. */
  json<T = Record<string, unknown>>(code: number, ...args: string[]): Promise<T>
}

const homes: SessionHome[] = []

// Before the folders go: a daemon that a test started ends with it.
afterEach(async () => {
  for (const home of homes.splice(0))
    if (existsSync(join(home.env['HOLDFAST_HOME'] ?? '', 'run', 'daemon.pid')))
      await home.run('daemon', 'stop')
})

export function sessionHome(): SessionHome {
  const folder = temporaryFolder()
  const env = { HOME: folder, HOLDFAST_HOME: join(folder, 'h'), HOLDFAST_NAME: 'ada' }
  const home: SessionHome = {
    folder,
    env,
    file: (session) =>
      join(folder, '.claude', 'projects', `-home-ada-${session}`, `${sessions[session]}.jsonl`),
    run: (...args) => runCommand(args, env, folder),
    json: async <T>(code: number, ...args: string[]): Promise<T> => {
      const outcome = await runCommand([...args, '--json'], env, folder)
      expect([outcome.code, outcome.stderr]).toEqual([code, ''])
      return JSON.parse(outcome.stdout) as T
    },
  }
  for (const session of ['shop', 'blog'] as const) {
    mkdirSync(dirname(home.file(session)), { recursive: true })
    writeFileSync(home.file(session), line(`first of ${session}`) + line('second'))
  }
  homes.push(home)
  return home
}
