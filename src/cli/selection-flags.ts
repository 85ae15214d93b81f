import * as Flags from '@oclif/core/flags'

/** Which recorded files a command is about. */
export const selectionFlags = {
  root: Flags.string({ helpValue: 'NAME', description: 'only this root, as `root list` names it' }),
  project: Flags.string({ helpValue: 'NAME', description: 'only this project, as `project list` names it' }),
  host: Flags.string({ helpValue: 'NAME', description: 'the files of this host; by default of this one' }),
}

interface SelectionValues {
  readonly root: string | undefined
  readonly project: string | undefined
  readonly host: string | undefined
}

interface Selected {
  readonly session?: string
  readonly root?: string
  readonly project?: string
  readonly host?: string
}

/** What was said of the selection; what was not said is left out. */
export function selection(flags: SelectionValues, session?: string): Selected {
  const { root, project, host } = flags
  return {
    ...(session === undefined ? {} : { session }),
    ...(root === undefined ? {} : { root }),
    ...(project === undefined ? {} : { project }),
    ...(host === undefined ? {} : { host }),
  }
}
