import { isContent, mayHoldContent } from './droppings.js'
import type { FileClass, Format, MergeRule } from './format-rules.js'
import { stem } from './path.js'

/** A format without a layout: every file of content that the root admits is recorded, and its path is its name. */
export function plainFormat(name: string, fileClass: FileClass, merge: MergeRule): Format {
  return {
    name,
    classify: (path) => (isContent(path) ? fileClass : null),
    mayHold: mayHoldContent,
    cwd: () => null,
    sessionId: stem,
    projectFolder: () => '',
    streamName: (path) => ({ name: path, unique: 'project' }),
    recodedPath: () => null,
    mergeOf: () => merge,
  }
}
