import type { HostEffect, ResolutionPreview } from '../daemon/operations/conflicts.js'
import { oneLineMessage } from './conflict-show-text.js'
import { fitted, wrapped } from './conflict-width.js'
import { counted } from './counted.js'
import { formatCount, formatSize } from './format.js'
import type { Paint } from './paint.js'
import { safeLine } from './safe-text.js'

const choiceText = {
  union: 'Every record of every branch stays',
  split: 'Each branch becomes a session of its own',
  keep: 'One branch stays, what the others added is dropped from the session (never from the log)',
} as const

/** A path or a name takes no more lines than this. */
const sentenceMaxLines = 60

/** What a resolution would do, for people. */
export function previewLines(preview: ResolutionPreview, width: number, paint: Paint): string[] {
  const told = (lines: readonly string[]): string[] =>
    lines.flatMap((line) => wrapped(line, width, sentenceMaxLines))
  return [
    ...told(outcomeLines(preview)),
    ...differenceLines(preview, width, paint),
    '',
    ...told(effectLines(preview)),
  ]
}

function outcomeLines({ choice, host, length, digest, difference }: ResolutionPreview): string[] {
  const stays = host === null ? '' : `: that of ${safeLine(host)} stays`
  const size = `${formatSize(length)} (digest ${digest.slice(0, 16)})`
  return [
    `${choiceText[choice]}${stays}.`,
    `The session would have ${size}: ${changed(difference)} against its view now.`,
  ]
}

function differenceLines({ difference }: ResolutionPreview, width: number, paint: Paint): string[] {
  const lines = difference.lines.map(({ sign, message }) => {
    const text = fitted(`${sign} ${oneLineMessage(message)}`, width).trimEnd()
    return sign === '+' ? paint.good(text) : sign === '-' ? paint.bad(text) : paint.dim(text)
  })
  return difference.more > 0 ? [...lines, `  and ${counted(difference.more, 'more line')}`] : lines
}

function effectLines({ hosts, sessions }: ResolutionPreview): string[] {
  return [
    ...hosts.map((effect) => `On ${safeLine(effect.host)}: ${effectText(effect)}.`),
    ...sessions.map(
      ({ session, host, path, length }) =>
        `New session ${safeLine(session)} with the branch of ${safeLine(host)}, ${formatSize(length)}: ${safeLine(path)}`,
    ),
    'Nothing was changed.',
  ]
}

function changed({ added, removed }: { readonly added: number; readonly removed: number }): string {
  if (added + removed === 0) return 'no difference'
  return `${formatCount(added)} lines added, ${formatCount(removed)} removed`
}

function effectText(effect: HostEffect): string {
  const [before, after] = [effect.before, effect.after].map(formatSize)
  switch (effect.change) {
    case 'unchanged':
      return `its file stays as it is (${after})`
    case 'appended':
      return `its file gets ${formatSize(effect.after - effect.before)} more at its end`
    case 'rewritten':
      return `its file is replaced: ${changed(effect)}, ${before} → ${after}`
    case 'absent':
      return 'it removed its file and gets none'
  }
}
