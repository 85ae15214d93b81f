import { describe, expect, it } from 'vitest'
import { record } from '../../../src/daemon/operations/record.js'
import type { Runtime } from '../../../src/daemon/runtime.js'
import { meetIn, namedHome } from '../../daemon/peer-world.js'
import { keptIo, type RecordedHome } from '../../daemon/recorded-home.js'

/** A session of the project `~/code/x`, as that home names its folder. */
function sessionPath(home: RecordedHome, file: string): string {
  return `${home.user.replace(/[^a-zA-Z0-9]/g, '-')}-code-x/${file}`
}

function line(id: string, parent: string | null, text: string): string {
  return `${JSON.stringify({ type: 'user', uuid: id, parentUuid: parent, message: { content: text } })}\n`
}

function write(home: RecordedHome, file: string, text: string): void {
  home.write(sessionPath(home, file), text)
}

async function viewText(runtime: Runtime, name: string): Promise<string | undefined> {
  const streams = await runtime.streams()
  const index = await streams.index()
  const entry = [...index.all()].find(({ stream }) => stream.rest === name)
  return (
    entry &&
    streams.view(entry.stream.key, (view) => Buffer.from(view.read(view.view().text.slice())).toString())
  )
}

describe('streams', () => {
  it('gives two hosts the same view of a session that both continued, whatever their homes are called', async () => {
    const [a, b] = [namedHome('mac'), namedHome('box')]
    const first = line('1', null, 'hello')
    write(a, 's.jsonl', first + line('2', '1', 'from the mac'))
    write(b, 's.jsonl', first + line('3', '1', 'from the box'))
    await a.record()
    await b.record()
    const [onA, onB] = await a.with((x) =>
      b.with(async (y) => {
        await meetIn(x, y)
        return [await viewText(x, 's.jsonl'), await viewText(y, 's.jsonl')] as const
      }),
    )
    expect(onA).toBe(onB)
    expect(onA?.split('\n').length).toBe(4)
    for (const text of ['hello', 'from the mac', 'from the box']) expect(onA).toContain(text)
  })

  it('takes in what arrives later, and tells which streams it touched', async () => {
    const a = namedHome('mac')
    write(a, 's.jsonl', line('1', null, 'one'))
    write(a, 'other.jsonl', line('9', null, 'other'))
    await a.record()
    await a.with(async (runtime) => {
      expect(await viewText(runtime, 's.jsonl')).toBe(line('1', null, 'one'))
      const touched: string[] = []
      ;(await runtime.streams()).onTouched((keys) => touched.push(...keys))
      a.append(sessionPath(a, 's.jsonl'), line('2', '1', 'two'))
      await record(runtime, {}, keptIo())
      expect(await viewText(runtime, 's.jsonl')).toBe(line('1', null, 'one') + line('2', '1', 'two'))
      expect(touched.map((key) => key.split(':').at(-1))).toEqual(['s.jsonl'])
    })
  })
})
