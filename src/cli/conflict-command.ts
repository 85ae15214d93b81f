import type { ConflictShowArgs } from '../daemon/operations/conflict-show.js'
import type {
  ConflictDetail,
  ConflictRow,
  ConflictsArgs,
  ConflictsResult,
} from '../daemon/operations/conflicts.js'
import { HoldfastError } from '../engine/core/errors.js'
import { HoldfastCommand } from './base-command.js'
import { conflictColumns, exactRow, listNotes, readableRow } from './conflict-list-text.js'
import { showPaged } from './conflict-pager.js'
import { plainConflict, shownConflict } from './conflict-show-text.js'
import { paintFor } from './paint.js'
import { idDigits } from './conflict-digits.js'

/** What `--json` shows of one conflict: as in the list, with the records beside it. */
export interface ShownConflict extends Omit<ConflictDetail, 'conflict'> {
  readonly conflicts: readonly [ConflictRow]
}

export type ConflictAnswer = ConflictsResult | ShownConflict

/** What the commands about conflicts share. */
export abstract class ConflictCommand<R> extends HoldfastCommand<R> {
  protected async listConflicts(status: ConflictsArgs['status']): Promise<ConflictsResult> {
    const request: ConflictsArgs = status === undefined ? {} : { status }
    const result = await this.call<ConflictsResult>('conflicts', request, { mode: 'read' })
    const { conflicts } = result
    if (!process.stdout.isTTY) {
      this.table([...conflictColumns, { head: 'root' }, { head: 'file' }], conflicts.map(exactRow))
      return result
    }
    const digits = idDigits(conflicts.map(({ id }) => id))
    this.table(
      conflictColumns,
      conflicts.map((row) => readableRow(row, digits)),
    )
    for (const line of listNotes(result, paintFor(true), digits)) this.print(line)
    return result
  }

  protected async showConflict(request: ConflictShowArgs): Promise<ShownConflict> {
    const detail = await this.call<ConflictDetail>('conflict.show', request, { mode: 'read' })
    if (!this.jsonEnabled()) {
      const terminal = process.stdout.isTTY
      const lines = terminal ? shownConflict(detail, this.width, paintFor(true)) : plainConflict(detail)
      await this.page(lines)
    }
    const { conflict, ...rest } = detail
    return { conflicts: [conflict], ...rest }
  }

  /** The terminal’s width in columns. */
  protected get width(): number {
    return Math.max(20, process.stdout.columns ?? 80)
  }

  protected usage(message: string, next: string): never {
    throw new HoldfastError('USAGE', message, { next })
  }

  /** Prints lines, by the pager where they don’t fit the terminal. */
  protected page(lines: readonly string[]): Promise<void> {
    const { stdout } = process
    const terminal = {
      isTTY: stdout.isTTY,
      rows: stdout.rows ?? 24,
      write: (text: string) => void stdout.write(text),
    }
    return this.interruptible(() => showPaged(lines, terminal, process.env))
  }
}
