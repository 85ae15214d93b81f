import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { safeBlock } from '../cli/safe-text.js'
import { call } from '../daemon/call.js'
import type { ServeResult } from '../daemon/operations/serve.js'
import type { Listening, ServeListenResult } from '../daemon/serve-listen.js'
import { HoldfastError } from '../engine/core/errors.js'

export default class ServeCommand extends HoldfastCommand<ServeResult | ServeListenResult> {
  static override summary =
    'Be the far end of a peer’s link: on standard input and output, or as an SSH server.'
  static override description =
    'With --stdio, which a peer’s command runs and nobody by hand: speaks the protocol on standard input and output, and ' +
    'nothing else; what people should know goes to standard error. Whoever can run it is this user: it asks for no other ' +
    'permission.\n\n' +
    'With --listen, where there is no sshd: an SSH server of its own, in the foreground until Ctrl-C. Public keys listed in ' +
    'Holdfast’s own `authorized_keys` log in, under any user name, and get the protocol: no shell, no terminal, no ' +
    'forwarding, no file transfer, and no command of theirs is run. Only this machine reaches it unless another HOST is ' +
    'named. It shows a key of its own, whose fingerprint it prints with what to type on the other machine. It works while ' +
    'the daemon runs, and without it serves one host at a time. With --json the first line tells where it listens.'
  static override flags = {
    stdio: Flags.boolean({
      description: 'speak on standard input and output',
      exactlyOne: ['stdio', 'listen'],
    }),
    listen: Flags.string({
      description: 'be an SSH server there: HOST:PORT, or a PORT of this machine alone',
    }),
    'authorized-keys': Flags.string({
      description: 'let the keys of this file log in, in place of Holdfast’s own list',
      dependsOn: ['listen'],
    }),
  }
  static override examples = [
    {
      description: 'On another host, name this one as a peer:',
      command:
        "<%= config.bin %> peer add here 'exec:ssh THIS-HOST <%= config.bin %> <%= command.id %> --stdio'",
    },
    {
      description: 'In a container that has no sshd:',
      command: '<%= config.bin %> <%= command.id %> --listen 0.0.0.0:2222',
    },
    {
      description: 'For the keys that may log in to this account anyway:',
      command:
        '<%= config.bin %> <%= command.id %> --listen 192.168.1.10:2222 --authorized-keys ~/.ssh/authorized_keys',
    },
  ]

  async run(): Promise<ServeResult | ServeListenResult> {
    const { flags } = await this.parse(ServeCommand)
    return flags.listen === undefined ? this.stdio() : this.listen(flags.listen, flags['authorized-keys'])
  }

  /** One document a line: where it listens comes first, and the rest only when it ends. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`)
  }

  private async listen(listen: string, authorizedKeys: string | undefined): Promise<ServeListenResult> {
    const { serveListen } = await import('../daemon/serve-listen.js')
    const { home, interrupt } = this
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort())
    const result = await this.interruptible(() =>
      serveListen({
        home,
        listen,
        authorizedKeys,
        signal: interrupt.signal,
        onListening: (listening) => this.listening(listening),
        onNote: (words) => this.note(words),
      }),
    )
    this.print('Stopped.')
    return result
  }

  private listening(listening: Listening): void {
    const { host, port, fingerprint, authorizedKeys, keys, peerAdd } = listening
    if (this.jsonEnabled()) this.logJson(listening)
    this.print(`Listening at ${host} port ${port}; Ctrl-C stops it.`)
    this.print(`Host key: ${fingerprint}`)
    this.print(safeBlock(`Keys that may log in: ${keys}, of ${authorizedKeys}`))
    this.print(`On the other machine: ${peerAdd}`)
  }

  private async stdio(): Promise<ServeResult> {
    if (this.jsonEnabled())
      throw new HoldfastError(
        'USAGE',
        '--json and --stdio exclude each other: standard output carries the protocol',
      )
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
