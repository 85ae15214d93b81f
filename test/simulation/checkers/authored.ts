import { holds } from '../failure.js'
import type { HostViews } from './convergent.js'

/**
 * `lossless` from the agents' side: every record that an agent wrote whole is shown on every host, in a view or in a branch
 * that a conflict names. `echo-free` from theirs: it is shown no more often than it was written.
 */
export function checkShown(
  authored: readonly { readonly machine: string; readonly line: string }[],
  hosts: readonly HostViews[],
): void {
  for (const { name, views } of hosts) {
    const shown = new Set<string>()
    const counts = new Map<string, number>()
    for (const view of views.values()) {
      const conflicts = view.conflicts()
      const linesOf = (text: ReturnType<typeof view.branchText>): string[] =>
        text ? Buffer.from(view.read(text.slice())).toString('latin1').split('\n') : []
      for (const line of linesOf(view.view().text)) {
        shown.add(line)
        counts.set(line, (counts.get(line) ?? 0) + 1)
      }
      for (const { branches } of conflicts) {
        for (const { head } of branches) for (const line of linesOf(view.branchText(head))) shown.add(line)
      }
    }
    const written = new Map<string, number>()
    for (const { line } of authored) written.set(line, (written.get(line) ?? 0) + 1)
    for (const { machine, line } of authored) {
      const what = (): string =>
        `what an agent wrote on ${machine}, as ${name} shows it: ${line.slice(0, 160)}`
      holds(shown.has(line), 'lossless', () => `nowhere: ${what()}`)
      holds(
        (counts.get(line) ?? 0) <= (written.get(line) ?? 0),
        'echo-free',
        () => `more than once: ${what()}`,
      )
    }
  }
}
