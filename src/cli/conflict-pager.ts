import { spawn } from 'node:child_process'

/** The terminal, as far as paging needs it. */
export interface PagedTerminal {
  readonly isTTY: boolean
  readonly rows: number
  readonly write: (text: string) => void
}

/**
 * Shows lines: by the user's pager where they are more than the terminal has rows, else as they are. Where no pager can
 * be started they are printed. PAGER may hold arguments; an empty one means none.
 */
export async function showPaged(
  lines: readonly string[],
  terminal: PagedTerminal,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const text = lines.map((line) => `${line}\n`).join('')
  const pager = env['PAGER'] ?? 'less'
  const isLong = lines.length >= terminal.rows
  if (!terminal.isTTY || !isLong || pager.trim() === '' || !(await runPager(pager, text, env)))
    terminal.write(text)
}

/** Resolves to false where nothing was shown. */
function runPager(
  command: string,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<boolean> {
  // R: colours as they are, and no other escapes. LESSSECURE: nobody leaves the pager for a shell.
  const child = spawn('sh', ['-c', command], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...env, LESS: env['LESS'] ?? 'FRX', LESSSECURE: '1' },
  })
  return new Promise((resolve) => {
    child.once('error', () => resolve(false))
    // 127: the shell found no such command.
    child.once('close', (code) => resolve(code !== 127))
    // Whoever leaves the pager early has read enough.
    child.stdin.on('error', () => undefined)
    child.stdin.end(text)
  })
}
