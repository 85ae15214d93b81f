import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** An OpenSSH agent of a test's own. */
export class SshAgent {
  readonly socketPath: string
  readonly #child: ChildProcess

  private constructor(socketPath: string, child: ChildProcess) {
    this.socketPath = socketPath
    this.#child = child
  }

  static async start(socketPath: string): Promise<SshAgent> {
    const agent = new SshAgent(socketPath, spawn('ssh-agent', ['-D', '-a', socketPath], { stdio: 'ignore' }))
    for (let tries = 0; tries < 200 && !existsSync(socketPath); tries += 1) await sleep(10)
    return agent
  }

  add(keyFile: string, passphrase = ''): void {
    const asking = `${this.socketPath}-askpass`
    writeFileSync(asking, `#!/bin/sh\necho '${passphrase}'\n`, { mode: 0o700 })
    execFileSync('ssh-add', ['-q', keyFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '',
        SSH_AUTH_SOCK: this.socketPath,
        SSH_ASKPASS: asking,
        SSH_ASKPASS_REQUIRE: 'force',
      },
    })
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill()
    await ended
  }
}
