import { HoldfastCommand } from '../../cli/base-command.js'
import { formatCount, formatSize, formatTime } from '../../cli/format.js'
import type { HostRow } from '../../daemon/operations/hosts.js'

interface HostList {
  readonly hosts: readonly HostRow[]
}

export default class HostListCommand extends HoldfastCommand<HostList> {
  static override summary = 'List the hosts whose sessions are recorded here, and their logs.'
  static override aliases = ['host', 'hosts', 'hosts:list']
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
  ]

  async run(): Promise<HostList> {
    await this.parse(HostListCommand)
    const result = await this.call<HostList>('hosts', {}, { mode: 'read' })
    const terminal = process.stdout.isTTY
    const rows = result.hosts.flatMap(({ name, own, logs }) =>
      logs.map(({ log, events, bytes, last }) => {
        const state = own ? 'this host' : ''
        if (!terminal) return [name, log, events, bytes, last, state]
        const time = last === null ? null : formatTime(Date.parse(last))
        return [name, log.slice(0, 12), formatCount(events), formatSize(bytes), time, state]
      }),
    )
    this.table(
      [
        { head: 'host' },
        { head: 'log' },
        { head: 'events', align: 'right' },
        { head: 'recorded', align: 'right' },
        { head: 'last event' },
        { head: '' },
      ],
      rows,
    )
    return result
  }
}
