import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { farCommand, missingHoldfast, missingNode } from '../../../src/transport/ssh/far-command.js'

let home: string

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'hf-far ')))
  program('sys/sh', '/bin/sh')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

/** Puts a program below the home: a link to another, or one that says who it is and which node it would get. */
function program(path: string, target?: string): void {
  const place = join(home, path)
  mkdirSync(dirname(place), { recursive: true })
  if (target !== undefined) symlinkSync(target, place)
  else writeFileSync(place, '#!/bin/sh\necho "$0 $* by $(command -v node)"\n', { mode: 0o700 })
}

interface Outcome {
  readonly code: number
  readonly said: string
  readonly stderr: string
}

/** Runs the command as a non-login shell of the far end does, with nothing on its path but `sh`. */
function run(env: Record<string, string> = {}, path = ''): Promise<Outcome> {
  const PATH = [join(home, 'sys'), ...(path === '' ? [] : [join(home, path)])].join(':')
  return new Promise((resolve) => {
    const options = { env: { HOME: home, PATH, ...env } }
    execFile('/bin/sh', ['-c', farCommand()], options, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0
      resolve({ code, said: stdout.replaceAll(home, '~').trim(), stderr })
    })
  })
}

const nvm = (version: string): string => `.nvm/versions/node/${version}/bin`

describe('the command at the far end', () => {
  it.each([
    '.local/bin',
    'bin',
    '.npm-global/bin',
    '.volta/bin',
    '.asdf/shims',
    '.local/share/mise/shims',
    '.local/share/fnm/aliases/default/bin',
    '.local/share/fnm/node-versions/v20.19.0/installation/bin',
    nvm('v20.19.5'),
  ])('finds Holdfast and node in ~/%s', async (folder) => {
    program(`${folder}/holdfast`)
    program(`${folder}/node`)
    expect(await run()).toMatchObject({
      code: 0,
      said: `~/${folder}/holdfast serve --stdio by ~/${folder}/node`,
    })
  })

  it('takes the one on the path before all others', async () => {
    program('path/holdfast')
    program('path/node')
    program('.local/bin/holdfast')
    expect((await run({}, 'path')).said).toBe('~/path/holdfast serve --stdio by ~/path/node')
  })

  it('takes the newest version that has it, by number, and the node of that version', async () => {
    for (const version of ['v8.1.0', 'v20.19.5', 'v22.1.0', 'v100.0.0']) program(`${nvm(version)}/node`)
    for (const version of ['v8.1.0', 'v20.19.5', 'v22.1.0']) program(`${nvm(version)}/holdfast`)
    const [found, node] = [`${nvm('v22.1.0')}/holdfast`, `${nvm('v22.1.0')}/node`]
    expect((await run()).said).toBe(`~/${found} serve --stdio by ~/${node}`)
    expect((await run({ NVM_DIR: join(home, 'elsewhere') })).code).toBe(127)
  })

  it('finds node elsewhere than Holdfast', async () => {
    program('.local/bin/holdfast')
    program(`${nvm('v20.19.5')}/node`)
    const said = `~/.local/bin/holdfast serve --stdio by ~/${nvm('v20.19.5')}/node`
    expect((await run()).said).toBe(said)
  })

  it('asks npm for a prefix of its own', async () => {
    program('prefix/bin/holdfast')
    program('prefix/bin/node')
    program('.volta/bin/npm')
    writeFileSync(join(home, '.volta/bin/npm'), `#!/bin/sh\necho '${home}/prefix'\n`)
    expect((await run()).said).toBe('~/prefix/bin/holdfast serve --stdio by ~/prefix/bin/node')
  })

  it('says what is missing, with the exit code of a command that is not there', async () => {
    expect(await run()).toEqual({ code: 127, said: '', stderr: `${missingHoldfast}\n` })
    program('bin/holdfast')
    expect(await run()).toEqual({ code: 127, said: '', stderr: `${missingNode}\n` })
  })

  it('can stand in the single quotes of any shell', () => {
    const command = farCommand()
    expect(command).toMatch(/^exec sh -c '[^']*'$/)
    expect(command).not.toMatch(/[!\\\n\r]/)
    expect(command).toContain('serve --stdio')
  })

  it('is what the user said, where the user said it', () => {
    expect(farCommand('/opt/node /opt/run.js')).toBe('/opt/node /opt/run.js serve --stdio')
  })
})
