import { expect, it } from 'vitest'
import { HoldfastError } from '../../src/engine/core/errors.js'
import { needs } from '../needs.js'
import { conflictId, message } from './fake-operations.js'
import { pageBench, twoBranches } from './page-bench.js'

const chromium = needs('chromium')

chromium.describe('the page', () => {
  const open = pageBench()

  it('loses the token from its address, and speaks to nobody else', async () => {
    const { page, tab, served } = await open({})
    expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{16}\/$/)
    await page.getByRole('heading', { name: 'Needs you' }).waitFor()
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(tab.requests.every((url) => url.startsWith(served.origin))).toBe(true)
    expect(tab.requests.filter((url) => url.includes('token='))).toEqual([served.url])
    expect(tab.complaints).toEqual([])
  })

  it('runs nothing that a session says, and shows all of it', async () => {
    const canary = 'window.canary = true; alert(1)'
    const markup = [
      `<script>${canary}</script>`,
      `<img src=x onerror="${canary}"><svg onload="${canary}">`,
      `<iframe src="javascript:${canary}"></iframe><form action="http://evil.example"><input autofocus onfocus="${canary}">`,
      `<style>*{display:none}</style><base href="http://evil.example/"><meta http-equiv="refresh" content="0;url=http://evil.example">`,
      `</article></section><link rel=stylesheet href="http://evil.example/x.css">`,
      `[x](javascript:${canary}) {{${canary}}}`,
    ]
    const hidden = 'a\u202Eevil\u2066\u0000\u001b[31mred\u0007\u200Bz\uFEFF\uD800\u0085\r'
    const texts = [...markup, hidden, '\u202E'.repeat(4000), '\u0000\u202E'.repeat(2000), 'x'.repeat(4000)]
    const nasty = markup[1] ?? ''
    const at = (i: number) =>
      message(texts[i] ?? '', {
        role: nasty,
        id: nasty,
        time: nasty,
        clash: true,
        tools: [{ name: nasty, detail: nasty }],
      })
    const evil = '"><img src=x onerror="window.canary=true">\u202E'
    const branch = { from: evil, to: evil, first: evil, last: evil, records: 1, dropped: 0, malformed: 0 }
    const branches = [1, 2].map((n) => ({ ...branch, host: evil + n, hosts: [evil], head: evil }))
    const { page, tab, served } = await open(
      {
        status: { host: evil, held: [{ path: `${evil}/x`, reason: evil }], lastEvent: evil },
        conflict: { project: evil, session: evil, file: 'x', format: evil, branches, divergence: evil },
        branches: [
          { total: texts.length, at },
          { total: 0, at },
        ],
        preview: {
          difference: {
            added: 1,
            removed: 0,
            more: 0,
            lines: markup.map((text) => ({ sign: '+', message: message(text) })),
          },
        },
      },
      '/conflicts',
    )
    await page.locator('a.conflict').waitFor()
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page
      .locator('article')
      .nth(texts.length - 1)
      .waitFor()
    const shown = (await page.locator('article .text').allTextContents()).join('\n')
    for (const text of markup) expect(shown).toContain(text)
    for (const mark of ['U+202E', 'U+2066 NUL ESC', 'BEL', 'U+200B', 'U+FEFF', 'CR'])
      expect(shown).toContain(mark)
    expect(shown).toMatch(/U\+D800|\uFFFD/)
    expect(shown).not.toMatch(/[\u0000-\u0008\u200b\u202e\u2066\ufeff]/)
    // However many marks there are, they are few elements.
    expect(await page.locator('*').count()).toBeLessThan(1500)
    const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(wide).toBeLessThanOrEqual(0)
    await page.keyboard.press('u')
    await page.keyboard.press('p')
    await page
      .locator('.lines article')
      .nth(markup.length - 1)
      .waitFor()
    await page.keyboard.press('o')
    await page.getByText('Held: not written here for now').waitFor()
    expect(
      await page.locator('script, iframe, img, form, object, embed, base, body link, body style').count(),
    ).toBe(1)
    expect(await page.evaluate('window.canary')).toBeUndefined()
    expect(tab.requests.filter((url) => !url.startsWith(`${served.origin}/`))).toEqual([])
    expect(tab.complaints).toEqual([])
  })

  it('takes in a branch of 50 MB page by page', async () => {
    // 52,000 records of a kilobyte, none of which exists before it is asked for.
    const total = 52_000
    const at = (i: number) => message(`record ${i} ${'long '.repeat(200)}`)
    const { page, tab, served } = await open(
      {
        branches: [
          { total, at },
          { total: 1, at: () => message('short') },
        ],
      },
      `/conflicts/${conflictId}`,
    )
    await page.locator('article').first().waitFor()
    const records = page.locator('.branch').first().locator('article')
    const most = async (): Promise<void> => {
      expect(await page.locator('*').count()).toBeLessThan(2500)
      expect(await records.count()).toBeLessThanOrEqual(120)
    }
    const placeShown = page.locator('.branch .place').first()
    const scroll = page.locator('.branch .scroll').first()
    for (let round = 0; round < 6; round++) {
      const before = await placeShown.textContent()
      await scroll.evaluate((element) => element.scrollTo(0, element.scrollHeight))
      await expect.poll(() => placeShown.textContent()).not.toBe(before)
      await most()
    }
    expect(Number((await placeShown.textContent())?.match(/^[\d,]+/)?.[0].replace(',', ''))).toBeGreaterThan(
      100,
    )
    await page.keyboard.press('j')
    await page.keyboard.press('G')
    await page.getByText(`record ${total - 1} `).waitFor()
    await most()
    // Records that left come back on the way up, in order and without a gap.
    const before = await placeShown.textContent()
    await scroll.evaluate((element) => element.scrollTo(0, 0))
    await expect.poll(() => placeShown.textContent()).not.toBe(before)
    const numbers = (await records.allTextContents()).map((text) => Number(/record (\d+)/.exec(text)?.[1]))
    expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i))
    await page.keyboard.press('g')
    await page.getByText('record 0 ').waitFor()
    await most()
    const asked = served.asked.filter(({ name }) => name === 'conflict.show')
    expect(asked.every(({ args }) => Number(args['limit']) <= 40)).toBe(true)
    expect(asked.length).toBeLessThan(30)
    expect(tab.complaints).toEqual([])
  })

  it('says that its server is gone, and goes on when it is back', async () => {
    const { page, tab } = await open({})
    await page.getByText('live', { exact: true }).waitFor()
    let away = true
    await page.route('**/api/overview*', (route) => (away ? route.abort() : route.continue()))
    await page.keyboard.press('r')
    await page.getByText('The page’s server does not answer.').waitFor()
    away = false
    await page.getByRole('button', { name: 'Ask now' }).click()
    await page.getByText('The page’s server does not answer.').waitFor({ state: 'detached' })
    await page.getByText('live', { exact: true }).waitFor()
    expect(tab.complaints.filter((line) => !line.includes('ERR_FAILED'))).toEqual([])
  })

  it('shows an error of an operation with its next step', async () => {
    const { page } = await open({}, '', {
      ask: () =>
        Promise.reject(new HoldfastError('NOT_INITIALISED', 'nothing is recorded on this machine yet')),
    })
    await page.getByText('Nothing is recorded on this machine yet.').waitFor()
    expect(await page.locator('.notice code').first().textContent()).toBe('holdfast init')
  })

  it('draws events over time, looks closer, and leafs through them', async () => {
    const [from, stepMs] = [Date.parse('2026-01-02T00:00:00Z'), 3_600_000]
    const counts = Array.from({ length: 24 }, (_, i) => (i === 10 ? 5 : 0))
    const place = { ms: from, counter: 0, log: 'ab', offset: 7 }
    const event = {
      ...place,
      host: 'h',
      name: 'mac',
      kind: 'append' as const,
      root: 'claude',
      path: 'x/y.jsonl',
      bytes: 12,
      about: null,
    }
    const { page, served, tab } = await open(
      {
        timeline: {
          from,
          to: from + 24 * stepMs,
          stepMs,
          first: from,
          last: from,
          moreHosts: 0,
          hosts: [{ host: 'h', name: 'mac', own: true, counts, events: 5 }],
        },
        events: { events: [event], next: place },
      },
      '/timeline',
    )
    await page.getByText('claude/x/y.jsonl').waitFor()
    expect(await page.locator('.bar-step').count()).toBe(1)
    await page.keyboard.press(']')
    await expect.poll(() => served.asked.at(-1)?.args['before']).toEqual(place)
    await page.locator('.bar-step').click()
    const closer = { from: from + 10 * stepMs, to: from + 11 * stepMs }
    await expect
      .poll(() => served.asked.findLast(({ name }) => name === 'timeline')?.args)
      .toMatchObject(closer)
    await page.keyboard.press('ArrowLeft')
    await expect
      .poll(() => served.asked.findLast(({ name }) => name === 'timeline')?.args['from'])
      .toBe(closer.from - stepMs / 2)
    expect(tab.complaints).toEqual([])
  })

  it('is light or dark as the system is, with text that can be read, wide and narrow', async () => {
    const { page } = await open(twoBranches(), `/conflicts/${conflictId}`)
    await page.locator('.branch article').first().waitFor()
    const grounds = new Set<string>()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const { ground, contrasts } = await page.evaluate<{ ground: string; contrasts: number[] }>(
        contrastScript,
      )
      grounds.add(ground)
      expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5)
    }
    expect(grounds.size).toBe(2)
    const [left, right] = await Promise.all([0, 1].map((i) => page.locator('.branch').nth(i).boundingBox()))
    expect(left?.y).toBe(right?.y)
    await page.setViewportSize({ width: 400, height: 800 })
    const [above, below] = await Promise.all([0, 1].map((i) => page.locator('.branch').nth(i).boundingBox()))
    expect(above?.x).toBe(below?.x)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400)
  })

  it('has a language, one main part, headings, and names on all that can be pressed', async () => {
    const { page } = await open(twoBranches(), `/conflicts/${conflictId}`)
    await page.locator('.branch article').first().waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    expect(await page.getByRole('main').count()).toBe(1)
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
    expect(await page.getByRole('region', { name: 'Records of mac' }).count()).toBe(1)
    for (const control of await page.locator('button, a[href], summary').all())
      expect(
        ((await control.textContent()) ?? '') + ((await control.getAttribute('aria-label')) ?? ''),
      ).toMatch(/\S/)
    expect(await page.title()).toBe('Conflict – Holdfast')
  })
})

/** The page's ground, and how far the text of several elements stands out from what is behind it (WCAG). */
const contrastScript = `(() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color.length === 3 || color[3] === 1) return color
    }
  }
  const contrast = (element) => {
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  }
  const texts = [...document.querySelectorAll('h1, h2, h3, p, a, .text, .role, time, .badge, button:not(:disabled), kbd, .session')]
  return { ground: getComputedStyle(document.documentElement).backgroundColor, contrasts: texts.map(contrast) }
})()`
