import type { Format } from './format-rules.js'
import { withoutExtension } from './path.js'
import { plainFormat } from './plain.js'

/** Small whole files, such as todos and tasks. Their ids keep the folder: each task list has a `1.json`. */
export const file: Format = { ...plainFormat('file', 'state', 'whole'), sessionId: withoutExtension }
