import { textSlot } from './corpus-line.js'
import type { ClaudeLineType } from './corpus-profile.js'
import type { SeededRandom } from './random.js'

/** Where a session stands: what its next line continues. */
export interface ClaudeState {
  readonly sessionId: string
  readonly agentId: string | undefined
  readonly cwd: string
  readonly branch: string
  readonly version: string
  leaf: string | null
  parentOfLeaf: string | null
  /** A tool call that waits for its result. */
  pendingTool: string | null
  toolName: string
}

export interface ClaudeLineOptions {
  readonly type: ClaudeLineType
  /** Wanted length of the line in bytes. */
  readonly target: number
  /** ISO 8601. */
  readonly timestamp: string
  /** Makes an assistant line call a tool. */
  readonly tool?: boolean
  /** Makes a system line a compaction's boundary. */
  readonly compacts?: boolean
}

/** Whether lines of this type are nodes of the record tree: they carry uuid and parentUuid. */
export function isNode(type: ClaudeLineType): boolean {
  return nodeTypes.has(type)
}

const nodeTypes: ReadonlySet<string> = new Set(['user', 'assistant', 'progress', 'system', 'attachment'])
const tools = ['Bash', 'Read', 'Edit', 'Grep', 'Write', 'Glob', 'TodoWrite'] as const

/** One line's record; its text slots are still to be filled. Moves the state's leaf where the line is a node. */
export function claudeRecord(random: SeededRandom, state: ClaudeState, options: ClaudeLineOptions): object {
  const { type, timestamp } = options
  if (!isNode(type)) return plainRecord(random, state, options)
  const uuid = random.uuid()
  const parent = options.compacts ? null : state.leaf
  const logical = options.compacts ? { logicalParentUuid: state.leaf } : {}
  const head = {
    parentUuid: parent,
    ...logical,
    isSidechain: state.agentId !== undefined,
    userType: 'external',
    cwd: state.cwd,
    sessionId: state.sessionId,
    version: state.version,
    gitBranch: state.branch,
    ...(state.agentId === undefined ? {} : { agentId: state.agentId }),
  }
  state.parentOfLeaf = parent
  state.leaf = uuid
  return { ...head, ...nodeBody(random, state, options), uuid, timestamp }
}

function nodeBody(random: SeededRandom, state: ClaudeState, options: ClaudeLineOptions): object {
  switch (options.type) {
    case 'assistant':
      return assistantBody(random, state, options.tool ?? false)
    case 'user':
      return userBody(state)
    case 'progress':
      return progressBody(random, state, options.target)
    case 'attachment':
      return {
        type: 'attachment',
        attachment: { type: 'edited_text_file', filename: 'notes.md', snippet: textSlot },
      }
    default:
      return systemBody(random, options)
  }
}

function assistantBody(random: SeededRandom, state: ClaudeState, mustCall: boolean): object {
  const calls = state.pendingTool === null && (mustCall || random.chance(0.55))
  if (calls) {
    state.pendingTool = `toolu_${random.hex(24)}`
    state.toolName = random.pick(tools)
  }
  const input = { command: textSlot, description: 'next step' }
  const content = calls
    ? { type: 'tool_use', id: state.pendingTool, name: state.toolName, input }
    : { type: 'text', text: textSlot }
  return {
    type: 'assistant',
    message: {
      model: 'model-large-1',
      id: `msg_${random.hex(24)}`,
      type: 'message',
      role: 'assistant',
      content: [content],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: random.int(12),
        cache_creation_input_tokens: random.int(30_000),
        cache_read_input_tokens: random.int(150_000),
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: random.int(30_000) },
        output_tokens: random.int(900),
        service_tier: 'standard',
      },
    },
    requestId: `req_${random.hex(24)}`,
  }
}

function userBody(state: ClaudeState): object {
  const tool = state.pendingTool
  state.pendingTool = null
  if (tool === null) return { type: 'user', message: { role: 'user', content: textSlot } }
  const result = { tool_use_id: tool, type: 'tool_result', content: textSlot, is_error: false }
  return {
    type: 'user',
    message: { role: 'user', content: [result] },
    toolUseResult: { stdout: textSlot, stderr: '', interrupted: false, isImage: false },
    sourceToolAssistantUUID: state.parentOfLeaf,
  }
}

function progressBody(random: SeededRandom, state: ClaudeState, target: number): object {
  const toolUseID = state.pendingTool ?? `toolu_${random.hex(24)}`
  const data =
    target > 1500
      ? {
          type: 'bash_progress',
          output: textSlot,
          fullOutput: textSlot,
          elapsedTimeSeconds: random.int(90),
          totalLines: 1,
        }
      : { type: 'hook_progress', hookEvent: 'PostToolUse', hookName: 'PostToolUse:Read', command: textSlot }
  return { type: 'progress', data, toolUseID, parentToolUseID: toolUseID }
}

function systemBody(random: SeededRandom, options: ClaudeLineOptions): object {
  if (options.compacts) {
    const compactMetadata = { trigger: 'auto', preTokens: 150_000 + random.int(20_000) }
    return {
      type: 'system',
      subtype: 'compact_boundary',
      content: 'Conversation compacted',
      level: 'info',
      compactMetadata,
    }
  }
  if (options.target < 450) {
    return { type: 'system', subtype: 'turn_duration', durationMs: random.int(90_000), isMeta: false }
  }
  return {
    type: 'system',
    subtype: 'stop_hook_summary',
    hookCount: 1,
    hookErrors: [],
    stopReason: textSlot,
    level: 'info',
  }
}

function plainRecord(random: SeededRandom, state: ClaudeState, options: ClaudeLineOptions): object {
  const { type, timestamp, target } = options
  const { sessionId } = state
  switch (type) {
    case 'summary':
      return { type, summary: textSlot, leafUuid: state.leaf ?? random.uuid() }
    case 'custom-title':
      return { type, customTitle: textSlot, sessionId }
    case 'mode':
      return { type, mode: 'normal', sessionId }
    case 'last-prompt':
      return { type, lastPrompt: textSlot, sessionId }
    case 'pr-link': {
      const prNumber = random.int(2000)
      const prRepository = 'example/project'
      const prUrl = `https://example.com/${prRepository}/pull/${prNumber}`
      return { type, sessionId, prNumber, prUrl, prRepository, timestamp }
    }
    case 'queue-operation':
      if (target < 170) return { type, operation: 'dequeue', timestamp, sessionId }
      return { type, operation: 'enqueue', timestamp, sessionId, content: textSlot }
    default:
      return snapshot(random, options)
  }
}

/** A file-history-snapshot grows by tracked files of some 150 bytes each. */
function snapshot(random: SeededRandom, { target, timestamp }: ClaudeLineOptions): object {
  const messageId = random.uuid()
  const trackedFileBackups: Record<string, object> = {}
  for (let left = target - 235; left > 75; left -= 150) {
    const path = `src/module-${random.int(40)}/part-${random.int(400)}.ts`
    trackedFileBackups[path] = { backupFileName: `${random.hex(16)}@v1`, version: 1, backupTime: timestamp }
  }
  return {
    type: 'file-history-snapshot',
    messageId,
    snapshot: { messageId, trackedFileBackups, timestamp },
    isSnapshotUpdate: random.chance(0.5),
  }
}
