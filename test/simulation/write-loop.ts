import type { Clock } from '../../src/engine/ports/clock.js'
import type { Streams } from '../../src/engine/streams/streams.js'
import type { WriteBack } from '../../src/engine/writeback/write-back.js'

export interface WriteLoopTools {
  readonly clock: Clock
  readonly streams: Streams
  readonly writeBack: WriteBack
  /** Tells of events that become durable. Returns how to end it. */
  readonly onAdded: (listener: () => void) => () => void
  /** Called when there may be something to do. Returns how to end it. */
  readonly onWake: (listener: () => void) => () => void
  /** Resolves when everything on disk was looked at once. */
  readonly caughtUp: Promise<void>
  readonly signal: AbortSignal
}

const flushEveryMs = 60_000

/** The steps of the service in src/daemon that writes back what comes in. Resolves when the signal aborts. */
export async function writeLoop(tools: WriteLoopTools): Promise<void> {
  const { clock, streams, writeBack, caughtUp, signal } = tools
  let wake = (): void => undefined
  const ends = [tools.onWake(() => wake()), tools.onAdded(() => wake())]
  await caughtUp
  let flushAtMs = clock.now() + flushEveryMs
  while (!signal.aborted) {
    const woken = new AbortController()
    wake = () => woken.abort()
    await streams.catchUp()
    await writeBack.pass()
    if (clock.now() >= flushAtMs) {
      await writeBack.flushWritten()
      await writeBack.sweepReplaced()
      flushAtMs = clock.now() + flushEveryMs
    }
    const untilMs = Math.min(flushAtMs, writeBack.retryAtMs ?? Number.POSITIVE_INFINITY)
    await clock.sleep(Math.max(1, untilMs - clock.now()), AbortSignal.any([woken.signal, signal]))
  }
  for (const end of ends) end()
}
