import { fileURLToPath } from 'node:url'
import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { daemonStatus } from '../daemon/lifecycle.js'
import type { ReviewEnd, ReviewListening } from '../review/server.js'

export interface ReviewResult {
  readonly url: string
  /** Why it ended. */
  readonly end: ReviewEnd
}

export default class ReviewCommand extends HoldfastCommand<ReviewResult> {
  static override summary = 'Look at hosts, history and conflicts in the browser, and decide conflicts there.'
  static override description =
    'Serves a page on this machine alone, in the foreground until Ctrl-C, and prints its link. Nobody gets in without ' +
    'the link: it holds a secret. Everything that the page shows or does goes through the daemon, or through the store ' +
    'itself where none runs. No browser is opened unless --open says so. The page ends by itself after eight hours in ' +
    'which nobody looked at it. With --json the first line tells the link.\n\n' +
    'From another machine: forward the same port there (`ssh -L PORT:127.0.0.1:PORT HOST`), with --port.'
  static override flags = {
    port: Flags.integer({
      description: 'the port of 127.0.0.1 to serve it on; by default any that is free',
      default: 0,
      min: 0,
      max: 65_535,
    }),
    open: Flags.boolean({ description: 'open the page in this user’s browser' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --open',
    {
      description: 'On a server, to look at it through SSH:',
      command: '<%= config.bin %> <%= command.id %> --port 8420',
    },
  ]

  async run(): Promise<ReviewResult> {
    const { flags } = await this.parse(ReviewCommand)
    const [{ serveReview }, { askHome }, { pageScripts }] = await Promise.all([
      import('../review/server.js'),
      import('../review/asker.js'),
      import('../review/assets.js'),
    ])
    const { home, interrupt } = this
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt.abort())
    let url = ''
    const end = await this.interruptible(() =>
      serveReview({
        ask: askHome(home),
        daemonStatus: () => daemonStatus(home),
        scripts: pageScripts(fileURLToPath(new URL('..', import.meta.url))),
        port: flags.port,
        signal: interrupt.signal,
        onListening: (listening) => {
          url = listening.url
          this.listening(listening, flags.open)
        },
      }),
    )
    this.print(end === 'idle' ? 'Stopped: nobody looked for eight hours.' : 'Stopped.')
    return { url, end }
  }

  /** One document a line: the link comes first, and the rest only when it ends. */
  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json)}\n`)
  }

  private listening({ url, openUrl }: ReviewListening, open: boolean): void {
    if (this.jsonEnabled()) this.logJson({ url })
    this.print(`The page is at ${url}`)
    this.print('It is for you alone: whoever has the link can see your sessions. Ctrl-C stops it.')
    if (open) void this.openBrowser(openUrl)
  }

  private async openBrowser(url: string): Promise<void> {
    const { openBrowser } = await import('../review/open-browser.js')
    if (!(await openBrowser(url))) this.note('No browser could be started: open the link yourself.')
  }
}
