import { describe, expect, it } from 'vitest'
import { farCommand } from '../../../src/transport/ssh/far-command.js'
import { meansServe } from '../../../src/transport/ssh-server/served-command.js'

describe('what a client asks to run', () => {
  it.each([
    farCommand(),
    farCommand('~/tools/holdfast'),
    'holdfast serve --stdio',
    '/usr/local/bin/holdfast serve --stdio',
    "exec '/home/ada/my tools/holdfast' serve --stdio",
    'exec "$found" serve --stdio',
    "sh -c 'for f in holdfast ~/.npm/bin/holdfast; do command -v $f && exec $f serve --stdio; done; exit 127'",
    'PATH=$PATH:/opt; command -v holdfast >/dev/null || exit 127\nexec holdfast serve --stdio',
    'holdfast serve   --stdio',
    "sh -c 'serve() { holdfast serve --stdio; }; serve'",
  ])('is the protocol: %s', (command) => {
    expect(meansServe(command, 16_384)).toBe(true)
  })

  it.each([
    '',
    'sh',
    'holdfast serve',
    'holdfast --stdio serve',
    'holdfast serve --stdio-all',
    'holdfast reserve --stdio',
    'holdfast serve\n--stdio',
    'holdfast serve --listen 1 --stdio',
    'holdfast serve --stdio\0',
    'holdfast serve --stdio\u001b[2J',
    'rsync --server -e.LsfxCIvu . /',
    `holdfast serve --stdio ${'x'.repeat(20_000)}`,
  ])('is nothing that is served: %s', (command) => {
    expect(meansServe(command, 16_384)).toBe(false)
  })
})
