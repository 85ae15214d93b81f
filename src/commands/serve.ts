import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { call } from '../daemon/call.js'
import type { ServeResult } from '../daemon/operations/serve.js'
import { HoldfastError } from '../engine/core/errors.js'

export default class ServeCommand extends HoldfastCommand<ServeResult> {
  static override summary = 'Be the far end of a peer’s link. Started by the peer’s command, not by hand.'
  static override description =
    'Speaks the protocol on standard input and output, and nothing else; what people should know goes to standard error. ' +
    'Whoever can run it is this user: it asks for no other permission.'
  static override enableJsonFlag = false
  static override flags = {
    stdio: Flags.boolean({ description: 'speak on standard input and output', required: true }),
  }
  static override examples = [
    {
      description: 'On another host, name this one as a peer:',
      command:
        "<%= config.bin %> peer add here 'exec:ssh THIS-HOST <%= config.bin %> <%= command.id %> --stdio'",
    },
  ]

  async run(): Promise<ServeResult> {
    await this.parse(ServeCommand)
    if (process.stdin.isTTY)
      throw new HoldfastError('USAGE', 'nobody speaks the protocol on a terminal', {
        next: 'Name this command in a peer’s address: see `holdfast peer add --help`.',
      })
    try {
      const result = await this.interruptible(() =>
        call<ServeResult>(
          this.home,
          'serve',
          {},
          {
            input: process.stdin as AsyncIterable<Uint8Array>,
            bytes: writeProtocol,
            progress: () => undefined,
            signal: this.interrupt.signal,
          },
        ),
      )
      for (const note of result.notes) this.note(note)
      return result
    } finally {
      // Whoever called may keep the pipe open: nothing more is read from it.
      process.stdin.destroy()
    }
  }
}

/** Resolves when standard output took the bytes. */
function writeProtocol(chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))
  })
}
