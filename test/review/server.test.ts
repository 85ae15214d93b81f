import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { HoldfastError } from '../../src/engine/core/errors.js'
import type { Ask } from '../../src/review/asker.js'
import { conflictId, fakeOperations } from './fake-operations.js'
import { admit, ask, type Admission } from './http.js'
import { servePage, type ServedOptions, type ServedPage } from './served-page.js'

const served: ServedPage[] = []

afterEach(async () => {
  for (const page of served.splice(0)) await page.stop()
})

async function serve(options: Partial<ServedOptions> = {}): Promise<ServedPage> {
  const page = await servePage({
    ask: fakeOperations({}),
    scripts: new Map([['review/page/main.js', 'export {}']]),
    ...options,
  })
  served.push(page)
  return page
}

const navigating = { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }

function undo(page: ServedPage, at: Admission, headers: Readonly<Record<string, string>> = {}) {
  const own = { origin: page.origin, 'content-type': 'application/json', cookie: at.cookie }
  const body = JSON.stringify({ id: conflictId })
  return ask(`${at.page}api/undo`, { method: 'POST', headers: { ...own, ...headers }, body })
}

describe('the link', () => {
  it('is exchanged for a cookie that scripts and other sites never get, and leaves the address bar', async () => {
    const page = await serve()
    expect(page.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/)
    const { status, headers } = await ask(page.url, { headers: navigating })
    expect(status).toBe(303)
    expect(headers['location']).toMatch(/^\/[0-9a-f]{16}\/$/)
    const [cookie = ''] = headers['set-cookie'] ?? []
    expect(cookie).toContain('HttpOnly')
    expect(cookie).toContain('SameSite=Strict')
    expect(cookie).toContain(`Path=${String(headers['location'])}`)
    expect(cookie).not.toContain(new URL(page.url).searchParams.get('token'))
    const at = await admit(page.url)
    const { status: shown, body } = await ask(at.page, { headers: { ...navigating, cookie: at.cookie } })
    expect([shown, body.includes('<html lang="en">')]).toEqual([200, true])
  })

  it('is the only way in: no token, a wrong one, no cookie, a wrong one', async () => {
    const page = await serve()
    const at = await admit(page.url)
    const wrong = page.url.slice(0, -1) + (page.url.endsWith('A') ? 'B' : 'A')
    for (const url of [`${page.origin}/`, wrong, at.page, `${at.page}style.css`, `${at.page}api/overview`]) {
      const { status, headers } = await ask(url, { headers: { cookie: 'holdfast-review=x' } })
      expect([url, status, headers['set-cookie']]).toEqual([url, 403, undefined])
    }
    expect((await ask(at.page, { headers: { cookie: at.cookie.slice(0, -1) } })).status).toBe(403)
    expect((await undo(page, { ...at, cookie: '' })).status).toBe(403)
    expect(page.asked).toEqual([])
  })

  it('for a started browser works once', async () => {
    const page = await serve()
    expect((await ask(page.openUrl)).status).toBe(303)
    expect((await ask(page.openUrl)).status).toBe(403)
  })
})

describe('a request', () => {
  it('is answered only at the loopback address: a foreign name that points here gets nothing', async () => {
    const page = await serve()
    const at = await admit(page.url)
    const { port } = new URL(page.url)
    const hosts = [`evil.example:${port}`, '127.0.0.1', '127.0.0.1:1', `127.0.0.1.evil.example:${port}`]
    for (const host of hosts) {
      for (const url of [page.url, at.page, `${at.page}api/overview`]) {
        const { status, headers } = await ask(url, { headers: { host, cookie: at.cookie } })
        expect([host, status >= 400, headers['set-cookie']]).toEqual([host, true, undefined])
      }
    }
    expect(page.asked).toEqual([])
    expect((await ask(at.page, { headers: { host: `localhost:${port}`, cookie: at.cookie } })).status).toBe(
      200,
    )
  })

  it('that changes something comes from the page itself', async () => {
    const page = await serve()
    const at = await admit(page.url)
    const foreign: Readonly<Record<string, string>>[] = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: '' },
      { origin: page.origin.replace('http', 'https') },
      { origin: `${page.origin}0` },
      { origin: page.origin.replace('127.0.0.1', 'localhost') },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    ]
    for (const headers of foreign)
      expect([headers, (await undo(page, at, headers)).status]).toEqual([headers, 403])
    expect(page.asked).toEqual([])
    expect((await undo(page, at, { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
    expect(page.asked).toEqual([{ name: 'conflict.undo', args: { id: conflictId }, mode: 'write' }])
  })

  it('that reads is not answered to another site’s script either', async () => {
    const page = await serve()
    const at = await admit(page.url)
    for (const site of ['cross-site', 'same-site']) {
      const headers = { cookie: at.cookie, 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' }
      expect((await ask(`${at.page}api/overview`, { headers })).status).toBe(403)
    }
    expect(page.asked).toEqual([])
  })

  it('is JSON, small, and of the shape that is asked for', async () => {
    const page = await serve()
    const at = await admit(page.url)
    expect((await undo(page, at, { 'content-type': 'text/plain' })).status).toBe(415)
    const headers = { origin: page.origin, 'content-type': 'application/json', cookie: at.cookie }
    const post = (path: string, body: string) =>
      ask(`${at.page}api/${path}`, { method: 'POST', headers, body })
    expect((await post('undo', JSON.stringify({ id: 'a'.repeat(20_000) }))).status).toBe(413)
    for (const body of ['', '{', '[]', '{"id":"../../x"}', '{"id":"a","more":1}', '{"id":["a"]}']) {
      const answer = await post('undo', body)
      expect([body, answer.status]).toEqual([body, 400])
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'USAGE' } })
    }
    expect((await post('resolve', JSON.stringify({ id: 'a', choice: 'union' }))).status).toBe(400)
    expect((await ask(`${at.page}api/conflict?id=zz`, { headers })).status).toBe(400)
    expect((await ask(`${at.page}api/nothing`, { headers })).status).toBe(400)
    expect(page.asked).toEqual([])
  })

  it('names no file: what is served is a fixed list', async () => {
    const page = await serve()
    const at = await admit(page.url)
    for (const path of ['../package.json', '%2e%2e/package.json', 'review/page/', 'review/page/main.js.map'])
      expect((await ask(at.page + path, { headers: { cookie: at.cookie } })).status).toBeGreaterThanOrEqual(
        400,
      )
    const script = await ask(`${at.page}review/page/main.js`, { headers: { cookie: at.cookie } })
    expect([script.status, script.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8'])
  })

  it('gets the headers that bind the browser, refusals included', async () => {
    const page = await serve()
    const at = await admit(page.url)
    for (const url of [page.url, at.page, `${at.page}api/overview`, `${page.origin}/`]) {
      const { headers } = await ask(url, { headers: { cookie: url.startsWith(at.page) ? at.cookie : '' } })
      expect(headers).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })

  it('that fails says why, with the code of the error', async () => {
    const page = await serve({
      ask: () => Promise.reject(new HoldfastError('CONFLICT_UNKNOWN', 'no conflict is named so')),
    })
    const at = await admit(page.url)
    const { status, body } = await ask(`${at.page}api/conflict?id=ab`, { headers: { cookie: at.cookie } })
    expect([status, JSON.parse(body)]).toEqual([
      404,
      {
        error: {
          code: 'CONFLICT_UNKNOWN',
          message: 'no conflict is named so',
          next: 'See `holdfast conflicts`.',
        },
      },
    ])
  })
})

describe('operations', () => {
  it('run one after the other', async () => {
    let [running, most] = [0, 0]
    const slow: Ask = async <R>() => {
      most = Math.max(most, ++running)
      // Long enough for the other requests to arrive meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 10))
      running--
      return {} as R
    }
    const page = await serve({ ask: slow })
    const at = await admit(page.url)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask(`${at.page}api/conflicts`, { headers: { cookie: at.cookie } })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect(most).toBe(1)
  })

  it('wait in a bounded queue', async () => {
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const page = await serve({ ask: async <R>() => held.then(() => ({}) as R) })
    const at = await admit(page.url)
    // Those beyond the bound are answered while the others wait.
    let early = 0
    const answers = Array.from({ length: 40 }, async () => {
      const answer = await ask(`${at.page}api/conflicts`, { headers: { cookie: at.cookie } })
      if (++early === 8) release()
      return answer
    })
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(32)
    expect(statuses.filter((status) => status === 500)).toHaveLength(8)
  })

  it('that change something are seen to their end when the server stops', async () => {
    let begin = (): void => undefined
    const begun = new Promise<void>((resolve) => (begin = resolve))
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    let [done, aborted] = [false, false]
    const page = await serve({
      ask: async <R>(...[, , , signal]: Parameters<Ask>) => {
        begin()
        await held
        aborted = signal.aborted
        done = true
        return {} as R
      },
    })
    const at = await admit(page.url)
    const answer = undo(page, at).catch(() => null)
    await begun
    const stopped = page.stop()
    release()
    await stopped
    expect([done, aborted]).toEqual([true, false])
    await answer
  })
})

describe('the server', () => {
  it('listens on the loopback address alone', async () => {
    const page = await serve()
    expect(new URL(page.url).hostname).toBe('127.0.0.1')
    // Another address of this machine has the same port free.
    const { port } = new URL(page.url)
    const other = createServer()
    await new Promise<void>((resolve, reject) => {
      other.once('error', reject)
      other.listen({ host: '127.0.0.2', port: Number(port) }, resolve)
    })
    await new Promise((resolve) => other.close(resolve))
  })

  it('says where its port is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen({ host: '127.0.0.1', port: 0 }, resolve))
    const { port } = other.address() as AddressInfo
    await expect(serve({ port })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await new Promise((resolve) => other.close(resolve))
  })

  it('ends by itself when nobody looks, and nobody without the link keeps it up', async () => {
    const page = await servePage({ ask: fakeOperations({}), idleMs: 60 })
    const strangers = setInterval(() => void ask(`${page.origin}/`).catch(() => null), 10)
    expect(await page.ended).toBe('idle')
    clearInterval(strangers)
  })
})
