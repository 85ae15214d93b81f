import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../daemon/temporary-home.js'
import { runCommand } from './run-command.js'

describe('config and root', () => {
  it('edit the config, and show it, for people and for scripts', async () => {
    const folder = temporaryFolder()
    const env = { HOME: folder, HOLDFAST_HOME: join(folder, 'h') }
    const json = async (...args: string[]): Promise<unknown> => {
      const { stdout, stderr, code } = await runCommand([...args, '--json'], env, folder)
      expect([code, stderr]).toEqual([0, ''])
      return JSON.parse(stdout)
    }
    const file = join(folder, 'h', 'config.yaml')
    expect(await json('config', 'path')).toEqual({ path: file })
    expect(await runCommand(['config', 'get', 'write.quietTime'], env)).toMatchObject({
      stdout: '2s\n',
      code: 0,
    })
    expect(existsSync(file)).toBe(false)

    expect(await json('config', 'set', 'write.quietTime', '5s')).toEqual({
      key: 'write.quietTime',
      value: '5s',
      applied: false,
    })
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toMatch(/^# Settings of Holdfast/)
    expect(await json('config', 'get', 'write.quietTime')).toEqual({
      settings: [{ key: 'write.quietTime', value: '5s', default: false }],
    })
    expect(await json('config', 'unset', 'write.quietTime')).toMatchObject({ changed: true })
    expect(await json('config', 'unset', 'write.quietTime')).toMatchObject({ changed: false })

    const { roots: before } = (await json('root', 'list')) as { roots: { name: string }[] }
    expect(before.map(({ name }) => name)).toContain('claude')
    expect(await json('root', 'add', 'messages=b/current.jsonl', '--name', 'broker', '--poll')).toMatchObject(
      {
        roots: expect.arrayContaining([
          {
            name: 'broker',
            format: 'messages',
            path: `${folder}/b/current.jsonl`,
            poll: true,
            known: false,
            found: false,
          },
        ]) as unknown,
      },
    )
    await json('root', 'remove', 'gemini')
    await json('roots', 'remove', 'broker')
    const { roots: after } = (await json('roots')) as { roots: { name: string }[] }
    expect(after.map(({ name }) => name)).toEqual(
      before.map(({ name }) => name).filter((name) => name !== 'gemini'),
    )
    await json('root', 'add', 'gemini')
    expect(await json('root', 'list')).toEqual({ roots: before })
  })
})
