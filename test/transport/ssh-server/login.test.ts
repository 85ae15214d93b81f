import ssh2 from 'ssh2'
import { describe, expect, it } from 'vitest'
import { parseAuthorizedKeys } from '../../../src/transport/ssh-server/authorized-keys.js'
import { authorise } from '../../../src/transport/ssh-server/login.js'

const pair = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 })
const [key] = parseAuthorizedKeys(pair.public).keys
const secret = ssh2.utils.parseKey(pair.private) as ssh2.ParsedKey
const blob = Buffer.from('the session and the request')

const attempt = (change: object) =>
  authorise([key!], {
    key: { algo: 'ssh-rsa', data: key!.blob },
    hashAlgo: 'sha256',
    blob,
    signature: secret.sign(blob, 'sha256'),
    ...change,
  })

describe('a login by a key', () => {
  it('needs that key’s signature over that very session', () => {
    expect(attempt({})).toBe(key)
    expect(attempt({ signature: undefined })).toBe(key)
    expect(attempt({ blob: Buffer.from('another session') })).toBeUndefined()
    expect(attempt({ blob: undefined })).toBeUndefined()
    expect(attempt({ signature: Buffer.alloc(0) })).toBeUndefined()
    expect(attempt({ hashAlgo: 'sha512' })).toBeUndefined()
    expect(attempt({ hashAlgo: undefined })).toBeUndefined()
    expect(attempt({ key: { algo: 'ssh-ed25519', data: key!.blob } })).toBeUndefined()
    expect(attempt({ key: { algo: 'ssh-rsa', data: key!.blob.subarray(1) } })).toBeUndefined()
  })

  it('is none where the check itself fails: the library gives back its error then, which is no refusal', () => {
    expect(attempt({ hashAlgo: 'no-such-hash' })).toBeUndefined()
  })
})
