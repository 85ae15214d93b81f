import { existsSync, readFileSync } from 'node:fs'
import { record } from '../../../src/daemon/operations/record.js'
import type { Runtime } from '../../../src/daemon/runtime.js'
import type { WriteBackSettled } from '../../../src/daemon/write-back-control.js'
import { meetIn, namedHome } from '../../daemon/peer-world.js'
import { keptIo, type RecordedHome } from '../../daemon/recorded-home.js'

/** A session of the project `~/code/x`, as that home names its folder. */
export function sessionPath(home: RecordedHome, file: string): string {
  return `${home.user.replace(/[^a-zA-Z0-9]/g, '-')}-code-x/${file}`
}

/** One record of a session as Claude Code writes it. */
export function line(id: string, parent: string | null, text = id): string {
  const content = { role: 'user', content: text }
  return `${JSON.stringify({ parentUuid: parent, type: 'user', uuid: id, message: content })}\n`
}

export const session = '11111111-2222-4333-8444-555555555555.jsonl'

/** Two hosts whose users have different homes, with the project `~/code/x` on both. */
export class TwoHomes {
  readonly a = namedHome('mac')
  readonly b = namedHome('box')

  text(home: RecordedHome, file = session): string | null {
    const path = home.path(sessionPath(home, file))
    return existsSync(path) ? readFileSync(path, 'utf8') : null
  }

  write(home: RecordedHome, text: string, file = session): void {
    home.write(sessionPath(home, file), text)
  }

  append(home: RecordedHome, text: string, file = session): void {
    home.append(sessionPath(home, file), text)
  }

  /** Records on both, exchanges, and writes back on both. */
  async sync(quietTimeMs = 0): Promise<{ a: WriteBackSettled; b: WriteBackSettled; events: number }> {
    return this.a.with((x) =>
      this.b.with(async (y) => {
        await record(x, {}, keptIo())
        await record(y, {}, keptIo())
        const met = await meetIn(x, y)
        const settled = { a: await settle(x, quietTimeMs), b: await settle(y, quietTimeMs) }
        const again = await meetIn(x, y)
        const { sent, received } = met.result
        return { ...settled, events: sent + received + again.result.sent + again.result.received }
      }),
    )
  }
}

export async function settle(runtime: Runtime, quietTimeMs = 0): Promise<WriteBackSettled> {
  const control = runtime.writeBack
  if (!control) throw new Error('nothing writes back here')
  return control.settle({ quietTimeMs })
}
