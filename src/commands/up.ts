import { HoldfastCommand } from '../cli/base-command.js'
import { runInForeground } from '../cli/foreground-daemon.js'
import { LiveLog } from '../cli/live-log.js'
import { LiveScreen } from '../cli/live-screen.js'
import type { LiveView } from '../cli/live-view.js'
import { watchLive } from '../cli/live-watch.js'
import { paintFor } from '../cli/paint.js'
import { daemonStatus } from '../daemon/lifecycle.js'
import { exitCodes } from '../engine/core/errors.js'

/** How long a daemon that is not ours may be away, in ms, before `up` takes it for gone. */
const patienceMs = 10_000

export default class UpCommand extends HoldfastCommand<void> {
  static override enableJsonFlag = false
  static override summary = 'Record all there is, then everything that follows, with a live status.'
  static override description =
    'Sets this host up where need be. Ctrl-C ends it in order, which is its normal end: exit 0. Where a daemon runs ' +
    'already, it is shown instead, and goes on after Ctrl-C. While `up` records, other commands reach it as they reach ' +
    'the daemon.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> | tee up.log',
  ]

  #readerGone = false

  async run(): Promise<void> {
    await this.parse(UpCommand)
    this.endInOrder()
    const { home, config } = this
    const { signal } = this.interrupt
    const view = this.view()
    const { running, pid } = await daemonStatus(home)
    view.begin({ own: !running, pid: pid ?? process.pid })
    await this.interruptible(() =>
      running
        ? watchLive({ home, view, patienceMs, signal })
        : runInForeground({ home, version: config.version, view, signal }),
    )
    view.end()
    // To a reader that is gone nothing can be flushed any more.
    if (this.#readerGone) process.exit(exitCodes.done)
    this.print(running ? 'Left; the daemon goes on.' : 'Stopped; all that was seen is recorded.')
  }

  private view(): LiveView {
    const { stdout } = process
    if (!stdout.isTTY) return new LiveLog((line) => this.print(line), Date.now)
    const write = (text: string): void => void stdout.write(text)
    return new LiveScreen({ write, rows: () => stdout.rows, now: Date.now }, paintFor(true))
  }

  /** What holds the store must not be cut off: not by a closed terminal, nor by a reader that has enough. */
  private endInOrder(): void {
    const end = (): void => this.interrupt.abort()
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
    for (const stream of [process.stdout, process.stderr]) {
      stream.removeAllListeners('error')
      stream.on('error', () => {
        this.#readerGone = true
        end()
      })
    }
  }
}
