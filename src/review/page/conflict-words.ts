import type { ChoiceName, ConflictRow } from '../../daemon/operations/conflicts.js'

/** What happened, in a sentence. */
export function kindSentence({ kind }: ConflictRow): string {
  switch (kind) {
    case 'fork':
      return 'This session was continued in more than one place.'
    case 'rewrite':
      return 'A rewrite dropped or changed records that the log holds.'
    case 'id-clash':
      return 'One record id stands for different records.'
    case 'values':
      return 'This file was given different contents at the same time.'
    case 'remove':
      return 'One side removed this session, another went on with it.'
    case 'unrelated':
      return 'Sessions of one name that share no record.'
    case 'resolutions':
      return 'It was decided differently in more than one place.'
  }
}

export const kindNames: Readonly<Record<ConflictRow['kind'], string>> = {
  fork: 'continued twice',
  rewrite: 'rewritten',
  'id-clash': 'ids clash',
  values: 'two values',
  remove: 'removed',
  unrelated: 'unrelated',
  resolutions: 'decided twice',
}

export const statusNames: Readonly<Record<ConflictRow['status'], string>> = {
  open: 'open',
  merged: 'merged by an append',
  resolved: 'resolved',
}

/** What a choice does, in a sentence. */
export function choiceSentence(choice: ChoiceName, host: string | null): string {
  switch (choice) {
    case 'union':
      return 'All records of all branches stay, in one session.'
    case 'split':
      return host === null
        ? 'Each branch becomes a session of its own.'
        : `The branch of ${host} stays; every other one becomes a session of its own.`
    case 'keep':
      return `Only the branch of ${host ?? 'one host'} stays. The others remain in the log.`
  }
}

export function choiceName(choice: ChoiceName, host: string | null): string {
  if (choice === 'keep') return `Keep ${host ?? ''}`.trim()
  return choice === 'union' ? 'Union' : 'Split'
}

/** How a branch is named to the operations: by its host, or by its number where a host has several. */
export function branchName({ branches }: ConflictRow, index: number): string {
  const host = branches[index]?.host ?? ''
  const same = branches.filter((branch) => branch.host === host)
  // A host may be called by a number itself: then its name would name somebody else.
  return same.length > 1 ? String(index + 1) : host
}

/** A file as people know it: the end of its path. */
export function shortFile({ session, file }: ConflictRow): string {
  return session === '' ? file : session
}
