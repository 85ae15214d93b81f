import type { OperationIo } from '../operation.js'
import type { Runtime } from '../runtime.js'
import { HoldfastError } from '../../engine/core/errors.js'

/** The most recorded changes that wait for a slow listener; older ones are counted, not kept. */
const waitingMax = 1000

/**
 * What becomes durable, as lines of JSON `{root, path, kind, bytes, skipped?}`, until the caller goes or the recording
 * ends (the daemon stops, or takes its config anew). A listener that is too slow is told how many it missed.
 */
export async function follow(
  runtime: Runtime,
  _args: unknown,
  io: OperationIo,
): Promise<Record<string, never>> {
  const { session } = runtime
  if (!session) throw new HoldfastError('DAEMON_NOT_RUNNING', 'nothing records just now')
  const waiting: object[] = []
  let skipped = 0
  let wake: (() => void) | null = null
  const end = session.subscribe((durable) => {
    for (const { key, kind, bytes } of durable) {
      if (waiting.length >= waitingMax) skipped += 1
      else waiting.push({ ...key, kind, bytes })
    }
    wake?.()
  })
  const over = AbortSignal.any([io.signal, session.ended])
  over.addEventListener('abort', () => wake?.(), { once: true })
  try {
    while (!over.aborted) {
      const lines = waiting.splice(0)
      if (skipped > 0) lines.push({ skipped })
      skipped = 0
      if (lines.length > 0) {
        await io.bytes(Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
    return {}
  } finally {
    end()
  }
}
