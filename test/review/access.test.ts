import { describe, expect, it } from 'vitest'
import { Access } from '../../src/review/access.js'

describe('Access', () => {
  it('gives the cookie for the link’s secret, as often as it is asked', () => {
    const access = new Access(() => 0)
    const cookie = access.exchange(access.token)
    expect(cookie).not.toBeNull()
    expect(access.exchange(access.token)).toBe(cookie)
    expect(access.admits(cookie ?? '')).toBe(true)
  })

  it('takes nothing else: no secret for a cookie, nothing cut, nothing empty', () => {
    const access = new Access(() => 0)
    const other = new Access(() => 0)
    for (const wrong of ['', 'x', access.token.slice(1), `${access.token}a`, other.token]) {
      expect(access.exchange(wrong)).toBeNull()
      expect(access.admits(wrong)).toBe(false)
    }
    expect(access.admits(access.token)).toBe(false)
    expect(access.admits(undefined)).toBe(false)
    expect(access.exchange(access.exchange(access.token) ?? '')).toBeNull()
  })

  it('has at least 128 bits in each secret, and new ones each time', () => {
    const secrets = Array.from({ length: 20 }, () => new Access(() => 0)).flatMap((access) => [
      access.token,
      access.exchange(access.token) ?? '',
      access.issueTicket(),
    ])
    expect(new Set(secrets).size).toBe(60)
    for (const secret of secrets) expect(Buffer.from(secret, 'base64url').length).toBeGreaterThanOrEqual(16)
  })

  it('takes a ticket once, and for a minute', () => {
    let now = 0
    const access = new Access(() => now)
    const ticket = access.issueTicket()
    now = 59_999
    expect(access.exchange(ticket)).not.toBeNull()
    expect(access.exchange(ticket)).toBeNull()
    const late = access.issueTicket()
    now += 60_000
    expect(access.exchange(late)).toBeNull()
  })
})
