import { textSlot, writeRecord } from './corpus-line.js'
import type { ByteSink, TextSource } from './corpus-text.js'
import type { SeededRandom } from './random.js'

/** Writes a Gemini chat: upserts by id, `$set` and `$rewindTo`, so the order of lines matters. Returns its last time. */
export function writeGeminiChat(
  random: SeededRandom,
  sink: ByteSink,
  text: TextSource,
  options: { readonly sessionId: string; readonly startMs: number; readonly bytes: number },
): number {
  let nowMs = options.startMs
  const stamp = (): string => new Date((nowMs += 500 + random.int(20_000))).toISOString()
  const head = { sessionId: options.sessionId, projectHash: random.hex(64), startTime: stamp(), kind: 'main' }
  writeRecord(sink, text, head, 0)
  const ids: string[] = []
  do {
    const kind = random.float()
    const earlier = ids.at(-1 - random.int(3))
    if (kind < 0.04 && earlier) writeRecord(sink, text, { $rewindTo: earlier }, 0)
    else if (kind < 0.2) writeRecord(sink, text, { $set: { lastUpdated: stamp() } }, 0)
    else {
      const again = kind < 0.35 && earlier ? earlier : undefined
      const id = again ?? random.uuid()
      if (!again) ids.push(id)
      const record = {
        id,
        timestamp: stamp(),
        type: kind < 0.5 ? 'user' : 'gemini',
        content: [{ text: textSlot }],
      }
      writeRecord(sink, text, record, 200 + random.int(1800))
    }
  } while (sink.length < options.bytes)
  return nowMs
}

const statuses = ['completed', 'in_progress', 'pending'] as const

/** Writes a todo list: one JSON array, replaced as a whole by the agent. */
export function writeTodos(random: SeededRandom, sink: ByteSink, text: TextSource): void {
  const todos = Array.from({ length: random.int(9) }, () => ({
    content: text.words(5),
    status: random.pick(statuses),
    activeForm: text.words(5),
  }))
  sink.write(JSON.stringify(todos, null, 2))
}

/** Writes one task of a task list. */
export function writeTask(random: SeededRandom, sink: ByteSink, text: TextSource, id: number): void {
  const task = {
    id: String(id),
    subject: text.words(4),
    description: text.words(4 + random.int(30)),
    activeForm: text.words(4),
    status: random.pick(statuses),
    blocks: [],
    blockedBy: id > 1 && random.chance(0.3) ? [String(id - 1)] : [],
  }
  sink.write(JSON.stringify(task, null, 2))
}

/** Writes what stands beside a subagent's file. */
export function writeAgentMeta(sink: ByteSink, text: TextSource): void {
  sink.write(JSON.stringify({ agentType: 'general-purpose', description: text.words(5) }))
}
