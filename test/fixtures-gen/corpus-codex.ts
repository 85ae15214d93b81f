import { drawQuantile, WeightedNames } from './corpus-draw.js'
import { textSlot, writeRecord } from './corpus-line.js'
import { codex, codexLines } from './corpus-profile.js'
import type { CodexLineType } from './corpus-profile.js'
import type { ByteSink, TextSource } from './corpus-text.js'
import type { SeededRandom } from './random.js'

export interface CodexSessionOptions {
  readonly sessionId: string
  readonly cwd: string
  readonly startMs: number
  readonly bytes: number
}

const types = new WeightedNames(
  (Object.keys(codexLines) as CodexLineType[]).map((type) => [type, codexLines[type].share] as const),
)

/** Writes one Codex rollout into the sink: linear, first line session_meta. Returns its last time, in ms since 1970. */
export function writeCodexSession(
  random: SeededRandom,
  sink: ByteSink,
  text: TextSource,
  options: CodexSessionOptions,
): number {
  let nowMs = options.startMs
  let call: string | null = null
  const line = (type: string, payload: object, target: number): void => {
    const timestamp = new Date(Math.floor(nowMs)).toISOString()
    writeRecord(sink, text, { timestamp, type, payload }, target)
    nowMs += Math.min(drawQuantile(random, codex.gapSeconds) * 1000, 3_600_000)
  }
  const meta = {
    id: options.sessionId,
    cwd: options.cwd,
    originator: 'codex_cli',
    cli_version: '0.120.0',
    base_instructions: { text: textSlot },
    git: { commit_hash: random.hex(40), branch: 'main' },
  }
  line('session_meta', meta, options.bytes > 100_000 ? 20_000 : 700)
  do {
    const name = types.draw(random)
    const target = Math.round(drawQuantile(random, codexLines[name].length))
    const [outer = name, inner = name] = name.split('/')
    if (inner.endsWith('_call')) call = `call_${random.hex(24)}`
    line(outer, codexPayload(random, inner, call ?? `call_${random.hex(24)}`, target), target)
  } while (sink.length < options.bytes)
  if (random.chance(codex.withoutFinalNewline)) sink.length--
  return Math.floor(nowMs)
}

function codexPayload(random: SeededRandom, type: string, call_id: string, target: number): object {
  switch (type) {
    case 'token_count':
      return tokenCount(random, target)
    case 'function_call':
      return { type, name: 'exec_command', arguments: textSlot, call_id }
    case 'custom_tool_call':
      return { type, status: 'completed', call_id, name: 'apply_patch', input: textSlot }
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { type, call_id, output: textSlot }
    case 'reasoning':
      return { type, summary: [], encrypted_content: textSlot }
    case 'message':
      return { type, role: 'assistant', content: [{ type: 'output_text', text: textSlot }] }
    case 'agent_reasoning':
      return { type, text: textSlot }
    case 'turn_context':
      return { approval_policy: 'never', model: 'model-large-2', effort: 'high', user_instructions: textSlot }
    default:
      return { type, message: textSlot }
  }
}

function tokenCount(random: SeededRandom, target: number): object {
  const usage = {
    input_tokens: random.int(90_000),
    cached_input_tokens: random.int(80_000),
    output_tokens: random.int(900),
    reasoning_output_tokens: random.int(600),
    total_tokens: random.int(91_000),
  }
  const primary = { used_percent: random.int(100), window_minutes: 300, resets_at: 1_760_000_000 }
  const rate_limits = { primary, secondary: { ...primary, window_minutes: 10_080 }, note: textSlot }
  const info = { total_token_usage: usage, last_token_usage: usage, model_context_window: 258_400 }
  return target < 500
    ? { type: 'token_count', info: null, rate_limits }
    : { type: 'token_count', info, rate_limits }
}
