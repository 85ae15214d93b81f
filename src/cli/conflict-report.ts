import type { BranchRow, ConflictDetail, ConflictRow, Message } from '../daemon/operations/conflicts.js'

/** A branch in a report: its first and its last records. */
export interface ReportBranch extends BranchRow {
  readonly messages: readonly Message[]
  /** How many were left out between those and `lastMessages`. */
  readonly omitted: number
  readonly lastMessages: readonly Message[]
}

export interface ReportConflict extends Omit<ConflictRow, 'branches'> {
  readonly context: readonly Message[]
  readonly branches: readonly ReportBranch[]
}

export interface ConflictReport {
  readonly conflicts: readonly ReportConflict[]
  /** Conflicts beyond the bound that are not in it. */
  readonly omitted: number
}

/** Of each branch a report shows so many records from its beginning and from its end. */
export const reportFirst = 200
export const reportLast = 50
/** The most conflicts of one report. */
export const reportMaxConflicts = 100

/** What `conflict.show` is asked for. */
export type ShowPart = (part: { readonly from: number; readonly limit: number }) => Promise<ConflictDetail>

/** Collects what a report says of one conflict: bounded, however large the session is. */
export async function reportConflict(show: ShowPart): Promise<ReportConflict> {
  const beginning = await show({ from: 0, limit: reportFirst })
  const isLong = beginning.pages.some(({ total, messages }) => messages.length < total)
  const end = isLong ? await show({ from: -reportLast, limit: reportLast }) : null
  const { conflict, context } = beginning
  const branches = conflict.branches.map((branch, i): ReportBranch => {
    const first = beginning.pages[i]
    const last = end?.pages[i]
    const messages = first?.messages ?? []
    const known = messages.length
    // What both pages hold is shown once.
    const lastFrom = Math.max(last?.from ?? known, known)
    const lastMessages = last ? last.messages.slice(lastFrom - last.from) : []
    const shown = known + lastMessages.length
    return { ...branch, messages, omitted: Math.max(0, (first?.total ?? 0) - shown), lastMessages }
  })
  return { ...conflict, context, branches }
}
