import type {
  ConflictDetail,
  ConflictRow,
  Message,
  ResolutionPreview,
} from '../../src/daemon/operations/conflicts.js'

/** Texts that would do something if they were taken for anything but text. */
export const hostile: readonly string[] = [
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  "\"><svg/onload=alert(1)>' onmouseover='alert(1)",
  '</pre></style></title><h1>mine</h1>&lt;b&gt;&#60;',
  '\u001b[2J\u001b[31mred\u001b]0;title\u0007\u009b1m\u001b]8;;http://x\u0007link',
  '\u202egnp.exe\u202c \u2066isolated\u2069 \u200f\u061c',
  'NUL \0 and \ufffd\ud800 lone and \u2028\u2029 ends',
  '```\n# Mine\n<b>out</b>\n`````\n[link](http://x) ![](http://x)\n~~~\n',
  '`` ` ``` a ```` b',
  '   ```text\n   ```\n## Mine',
  '| a | b |\n|---|---|\n- [ ] task\n> quote\n1. one\n<!-- -->',
  'x'.repeat(1_000_000).slice(0, 4000),
  'e\u0301'.repeat(1000) + '\u0301'.repeat(2000),
  '👩‍👩‍👧'.repeat(300),
  '\r\n\r\r\n\t\tindented',
]

export function sampleMessage(text: string): Message {
  return {
    role: 'user',
    time: null,
    text,
    cut: 0,
    tools: [],
    id: 'u1',
    clash: false,
    malformed: false,
    bytes: text.length,
  }
}

/** A conflict of two branches in which everything that can come from outside says `text`. */
export function sampleConflict(text?: string): ConflictRow {
  const branch = (host: string) => ({
    host: text ?? host,
    hosts: [text ?? host],
    records: 1,
    from: '2026-01-02T03:04:05.000Z',
    to: '2026-01-02T03:04:06.000Z',
    first: text ?? 'first',
    last: text ?? 'last',
    dropped: 0,
    malformed: 0,
    head: 'aa:1',
  })
  return {
    id: '3fa9c1d2e4b5a697',
    stream: text ?? 'claude:claude:shop:a.jsonl',
    root: text ?? 'claude',
    format: 'claude',
    project: text ?? 'shop',
    session: text ?? '11111111-1111-4111-8111-111111111111',
    file: text ?? 'a.jsonl',
    kind: 'fork',
    status: 'open',
    branches: [branch('mac'), branch('box')],
    clashes: text === undefined ? [] : [text],
    resolutions: text === undefined ? [] : [{ host: text, choice: text, time: null, undone: true }],
    divergence: text ?? 'shared',
    choices: ['union', 'split', 'keep'],
  }
}

export function sampleDetail(text?: string): ConflictDetail {
  const tools = [{ name: text ?? 'Bash', detail: text ?? 'ls' }]
  const strange = { role: text ?? 'assistant', time: text ?? null, id: text ?? 'u2', tools }
  return {
    conflict: sampleConflict(text),
    context: [sampleMessage(text ?? 'shared')],
    pages: [
      { from: 0, total: 1, messages: [sampleMessage(text ?? 'from the mac')] },
      {
        from: 0,
        total: 1,
        messages: [{ ...sampleMessage(text ?? 'from 日本'), ...strange, clash: text !== undefined }],
      },
    ],
  }
}

export function samplePreview(text?: string): ResolutionPreview {
  const effect = { host: text ?? 'mac', before: 10, after: 20, added: 1, removed: 1 }
  return {
    conflict: sampleConflict(text),
    choice: 'split',
    host: text ?? 'mac',
    length: 20,
    digest: 'ab'.repeat(32),
    difference: {
      added: 1,
      removed: 1,
      lines: (['+', '-', ' '] as const).map((sign) => ({ sign, message: sampleMessage(text ?? 'x') })),
      more: 2,
    },
    hosts: (['unchanged', 'appended', 'rewritten', 'absent'] as const).map((change) => ({
      ...effect,
      change,
    })),
    sessions: [{ session: text ?? 's', host: text ?? 'box', path: text ?? '/p', length: 3, digest: 'ab' }],
    basis: 'cd',
  }
}
