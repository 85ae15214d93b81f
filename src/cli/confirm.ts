import { createInterface } from 'node:readline/promises'
import { HoldfastError } from '../engine/core/errors.js'
import { safeLine } from './safe-text.js'

/**
 * Asks before something is done that can't be taken back by itself. Resolves when the person said yes; throws
 * CONFIRMATION_NEEDED for any other answer, and where nobody can be asked.
 */
export async function confirm(question: string, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new HoldfastError('CONFIRMATION_NEEDED', `nobody can be asked: ${question}`)
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`${safeLine(question)} [y/N] `, { signal })
    if (!/^y(es)?$/i.test(answer.trim())) throw new HoldfastError('CONFIRMATION_NEEDED', 'left as it was')
  } finally {
    lines.close()
  }
}
