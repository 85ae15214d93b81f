import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, it } from 'vitest'

/** The system packages that bring the commands which tests run. `.ci/run` installs them. */
const packages = {
  chromium: 'chromium',
  docker: 'docker.io',
  kubectl: 'kubernetes-client',
  ps: 'procps',
  rsync: 'rsync',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  unshare: 'util-linux',
} as const

export type NeededCommand = keyof typeof packages

/** `it` and `describe` that skip where a command is missing, and say which package has it. */
export interface Needing {
  readonly missing: boolean
  it(name: string, ...rest: TestArguments): void
  describe(name: string, body: () => void): void
}

type TestArguments = [body: () => Promise<void> | void, timeoutMs?: number]

/** For tests that run a system command: `needs('sshd').it('connects', …)`. */
export function needs(command: NeededCommand): Needing {
  const missing = !isInstalled(command)
  const name = (title: string): string => (missing ? `${title} [needs ${packages[command]}]` : title)
  return {
    missing,
    it: (title, body, timeoutMs) => it.skipIf(missing)(name(title), body, timeoutMs),
    describe: (title, body) => {
      describe.skipIf(missing)(name(title), body)
    },
  }
}

/** Whether the search path, or a folder of system daemons, has such a program. */
export function isInstalled(command: string, path = process.env['PATH'] ?? ''): boolean {
  return [...path.split(delimiter), '/usr/sbin', '/sbin'].some((folder) => isProgram(join(folder, command)))
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
