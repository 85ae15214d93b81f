import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSshMachine } from '../../src/platform/ssh-machine.js'
import { needs } from '../needs.js'
import { makeTempFolder, removeTempFolder } from './temp-folder.js'

let folder: string

beforeEach(() => {
  folder = makeTempFolder()
})
afterEach(() => removeTempFolder(folder))

function withSsh(script: string) {
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/ssh'), `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  return createSshMachine({ PATH: join(folder, 'bin') })
}

describe('the machine that an SSH client sees', () => {
  it('is the account’s, whatever HOME says', () => {
    const machine = createSshMachine({ HOME: folder, SOME: 'thing' })
    expect(machine).toMatchObject({ userName: userInfo().username, home: userInfo().homedir })
    expect([machine.env('SOME'), machine.env('OTHER')]).toEqual(['thing', undefined])
  })

  it('reads small files, and says whether others can', async () => {
    const machine = createSshMachine({})
    const file = join(folder, 'key')
    writeFileSync(file, 'text', { mode: 0o600 })
    expect(await machine.readFile(file)).toEqual({ bytes: Buffer.from('text'), openToOthers: false })
    chmodSync(file, 0o640)
    expect(await machine.readFile(file)).toMatchObject({ openToOthers: true })
    expect(await machine.readFile(join(folder, 'none'))).toBeNull()
    expect(await machine.readFile(folder)).toBeNull()
  })

  it('hashes as ssh does', () => {
    const machine = createSshMachine({})
    const hmac = Buffer.from(
      machine.hmacSha1(Buffer.from('key'), 'The quick brown fox jumps over the lazy dog'),
    )
    expect(hmac.toString('hex')).toBe('de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9')
    expect(Buffer.from(machine.sha256(Buffer.alloc(0))).toString('base64')).toBe(
      '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    )
  })

  it('asks ssh for its config', async () => {
    expect(await withSsh('echo "$*"').effectiveConfig(['-G', '--', 'box'])).toBe('-G -- box\n')
  })

  it('has none where no ssh is installed', async () => {
    expect(await createSshMachine({ PATH: folder }).effectiveConfig(['-G', '--', 'box'])).toBeNull()
  })

  it('says in ssh’s words what is wrong with the config', async () => {
    const machine = withSsh('echo "/etc/x line 3: Bad configuration option: foo" >&2; exit 255')
    await expect(machine.effectiveConfig(['-G', '--', 'box'])).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('line 3: Bad configuration option: foo'),
    })
  })

  needs('ssh').it('understands what the installed ssh prints', async () => {
    const output = await createSshMachine().effectiveConfig([
      '-G',
      '-F',
      '/dev/null',
      '-p',
      '2222',
      '--',
      'box',
    ])
    expect(output).toMatch(/^hostname box$/m)
    expect(output).toMatch(/^port 2222$/m)
  })
})
