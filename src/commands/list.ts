import * as Flags from '@oclif/core/flags'
import { HoldfastCommand } from '../cli/base-command.js'
import { formatCount, formatSize, formatTime } from '../cli/format.js'
import { selection, selectionFlags } from '../cli/selection-flags.js'
import type { ListResult, SessionRow } from '../daemon/operations/list.js'

const columns = [
  { head: 'session' },
  { head: 'last event' },
  { head: 'size', align: 'right' },
  { head: 'state' },
  { head: 'root' },
  { head: 'project' },
] as const

export default class ListCommand extends HoldfastCommand<ListResult> {
  static override summary = 'List recorded sessions, the latest first.'
  static override description =
    'In a pipe: session, ISO time, size in bytes, state, root, project and path, divided by tabs.'
  static override flags = {
    ...selectionFlags,
    limit: Flags.integer({ min: 1, helpValue: 'N', description: 'at most so many' }),
  }
  static override examples = [
    '<%= config.bin %> <%= command.id %> --limit 20',
    '<%= config.bin %> <%= command.id %> --project shop --root claude',
    '<%= config.bin %> <%= command.id %> --json | jq -r .sessions[].id',
  ]

  async run(): Promise<ListResult> {
    const { flags } = await this.parse(ListCommand)
    const limit = flags.limit ?? null
    const result = await this.call<ListResult>('list', { ...selection(flags), limit }, { mode: 'read' })
    const { sessions, total } = result
    if (process.stdout.isTTY) {
      this.table(columns, sessions.map(readable))
      if (total === 0) this.print('Nothing is recorded yet.')
      if (sessions.length < total) this.print(`and ${formatCount(total - sessions.length)} more`)
    } else this.table([...columns, { head: 'path' }], sessions.map(exact))
    return result
  }
}

function readable({ id, root, project, bytes, last, state }: SessionRow): (string | number)[] {
  return [id, formatTime(Date.parse(last)), formatSize(bytes), state, root, project]
}

function exact({ id, root, project, bytes, last, state, path }: SessionRow): (string | number)[] {
  return [id, last, bytes, state, root, project, path]
}
