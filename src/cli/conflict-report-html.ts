import { kindText } from './conflict-list-text.js'
import { cutNote, messageHead, messageText } from './conflict-message.js'
import type { ConflictReport, ReportBranch, ReportConflict } from './conflict-report.js'
import { counted } from './counted.js'
import { formatCount } from './format.js'
import { safeBlock } from './safe-text.js'
import type { Message } from '../daemon/operations/conflicts.js'

const style = `
:root { color-scheme: light dark; --back: #fff; --text: #1c1e21; --dim: #5f6671; --line: #d8dce2; --box: #f5f6f8; --warn: #9a4b00; }
@media (prefers-color-scheme: dark) {
  :root { --back: #15171a; --text: #e4e6ea; --dim: #9aa2ad; --line: #33383f; --box: #1d2024; --warn: #ffb266; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 96rem; padding: 1rem 1.5rem; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.branches { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; align-items: start; }
.branch, .context { border: 1px solid var(--line); border-radius: .4rem; padding: .8rem; min-width: 0; margin-bottom: 1rem; }
article { border-top: 1px solid var(--line); padding: .5rem 0; } .mark header, .note, .status-open { color: var(--warn); }
header { font-weight: 600; font-size: .85rem; overflow-wrap: anywhere; } .dim { color: var(--dim); }
pre { margin: .3rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.45 ui-monospace, monospace; background: var(--box); padding: .5rem; border-radius: .3rem; unicode-bidi: plaintext; max-height: 40rem; overflow: auto; }
`

/** A report as one HTML file that needs nothing else: no script, no network, and no text of a session as markup. */
export function htmlReport({ conflicts, omitted }: ConflictReport): string {
  const more =
    omitted > 0
      ? `<p class="note">${counted(omitted, 'more conflict')} left out: name one to see it.</p>`
      : ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conflicts</title>
<style>${style}</style>
</head>
<body>
<h1>${counted(conflicts.length, 'conflict')}</h1>
${conflicts.map(conflictHtml).join('\n')}
${more}
</body>
</html>
`
}

function conflictHtml(conflict: ReportConflict): string {
  const { id, status, kind, session, project, file, root, clashes, resolutions, context, branches } = conflict
  const facts: [string, string][] = [
    ['Session', session],
    ['Project', project],
    ['File', `${root}: ${file}`],
    ...(clashes.length > 0
      ? ([['Ids with different content', clashes.slice(0, 20).join(', ')]] as [string, string][])
      : []),
    ...resolutions.map(({ host, choice, time, undone }): [string, string] => [
      undone ? 'Undone' : 'Decided',
      `${choice} by ${host}, ${time ?? 'time unknown'}`,
    ]),
  ]
  const shared =
    context.length > 0
      ? `<div class="context"><h3>Before the branches part</h3>${context.map(messageHtml).join('')}</div>`
      : ''
  return `<section>
<h2>${escaped(kindText[kind])} <span class="status-${escaped(status)}">${escaped(status)}</span> <span class="dim">${escaped(id)}</span></h2>
<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd><bdi>${escaped(value)}</bdi></dd>`).join('')}</dl>
${shared}
<div class="branches">${branches.map((branch, i) => branchHtml(branch, i + 1)).join('\n')}</div>
</section>`
}

function branchHtml(branch: ReportBranch, number: number): string {
  const { host, hosts, records, from, to, dropped, malformed, messages, omitted, lastMessages } = branch
  const others = hosts.filter((other) => other !== host)
  const told = [
    `${counted(records, 'record')}, ${from} to ${to}`,
    ...(dropped > 0 ? [`dropped ${formatCount(dropped)}`] : []),
    ...(malformed > 0 ? [`${formatCount(malformed)} malformed`] : []),
  ]
  const left = omitted > 0 ? `<p class="note">${counted(omitted, 'record')} left out here.</p>` : ''
  return `<div class="branch"><h3>${number}: <bdi>${escaped([host, ...others].join(', '))}</bdi></h3>
<p class="dim">${escaped(told.join(', '))}</p>
${messages.map(messageHtml).join('\n')}${left}${lastMessages.map(messageHtml).join('\n')}</div>`
}

function messageHtml(message: Message): string {
  const mark = message.clash || message.malformed ? ' class="mark"' : ''
  const note = cutNote(message)
  const text = messageText(message)
  return `<article${mark}><header><bdi>${escaped(messageHead(message))}</bdi></header>${
    text === '' ? '' : `<pre dir="auto">${escaped(text)}</pre>`
  }${note === '' ? '' : `<p class="note">${escaped(note)}</p>`}</article>`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as text, in an element or an attribute. What would act on a terminal or turn the reading order is shown as its escape. */
function escaped(text: string): string {
  return safeBlock(text).replace(/[&<>"']/g, (char) => entities[char] ?? char)
}
