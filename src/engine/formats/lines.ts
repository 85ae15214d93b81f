import { firstInRecords } from './first-records.js'
import type { Format } from './format-rules.js'
import { plainFormat } from './plain.js'

/** Any other text that grows by lines, whose order may matter. A top-level `cwd` names its project, for display. */
export const lines: Format = {
  ...plainFormat('lines', 'log', 'ordered'),
  cwd: (firstBytes) => firstInRecords(firstBytes, (record) => record['cwd']),
}
