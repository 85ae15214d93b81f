import { plainFormat } from './plain.js'

/** Message logs: one JSON object a line, each independent of the others. */
export const messages = plainFormat('messages', 'log', 'records')
