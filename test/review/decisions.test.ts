import { expect, it } from 'vitest'
import { HoldfastError } from '../../src/engine/core/errors.js'
import { askHome } from '../../src/review/asker.js'
import { asked, forkedHomes, viewOf } from '../daemon/conflict-world.js'
import { needs } from '../needs.js'
import { conflictId, fakeOperations, type FakeWorld } from './fake-operations.js'
import { pageBench, twoBranches } from './page-bench.js'

const chromium = needs('chromium')

chromium.describe('deciding in the page', () => {
  const open = pageBench()

  it('goes from list to decision and back by keys alone', async () => {
    const { page, tab, served } = await open(twoBranches())
    const press = (key: string) => page.keyboard.press(key)
    const changed = () =>
      served.asked.filter(({ mode }) => mode === 'write').map(({ name, args }) => [name, args])
    await press('c')
    await page.locator('a.conflict').waitFor()
    await press('j')
    await press('Enter')
    await page.getByText('box says').waitFor()
    await press('j')
    expect(await page.locator('article:focus').textContent()).toContain('mac says 0')
    await press('j')
    expect(await page.locator('article:focus').textContent()).toContain('mac says 1')
    await press('ArrowRight')
    expect(await page.locator('article:focus').textContent()).toContain('box says')
    await press('2')
    expect(await page.getByRole('radio', { checked: true }).textContent()).toContain('Keep box')
    await press('u')
    expect(await page.getByRole('radio', { checked: true }).textContent()).toContain('Union')
    expect(changed()).toEqual([])
    await press('p')
    await page.getByRole('heading', { name: 'Result: Union' }).waitFor()
    expect(await page.getByRole('row', { name: /^box is rewritten/ }).count()).toBe(1)
    // Nothing was decided by looking; Escape leads back.
    expect(changed()).toEqual([])
    await press('Escape')
    await page.locator('.branches').waitFor()
    await press('1')
    await press('p')
    await page.getByRole('heading', { name: 'Result: Keep mac' }).waitFor()
    await press('a')
    await page.getByText('Keep mac is decided').waitFor()
    await page.locator('h2 .badge.resolved').waitFor()
    expect(changed()).toEqual([
      ['conflict.resolve', { id: conflictId, choice: 'keep', host: 'mac', basis: 'basis', dryRun: false }],
    ])
    await press('z')
    await page.getByText('Taken back:').first().waitFor()
    await page.locator('h2 .badge.open').waitFor()
    expect(changed().at(-1)).toEqual(['conflict.undo', { id: conflictId }])
    await press('?')
    await page.getByRole('dialog').waitFor()
    await press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await press('Escape')
    await page.locator('a.conflict').waitFor()
    expect(tab.complaints).toEqual([])
  })

  it('decides a real conflict over a real store, without a daemon', async () => {
    const { mac } = await forkedHomes()
    const before = await viewOf(mac)
    const { page, tab, served } = await open({}, '/conflicts', {
      ask: askHome(mac.home),
      daemon: { running: false },
    })
    await page.locator('a.conflict').click()
    await page.getByText('box one').waitFor()
    await page.keyboard.press('2')
    await page.keyboard.press('p')
    await page.getByRole('heading', { name: 'Result: Keep box' }).waitFor()
    expect(await page.locator('.lines .removed .text').allTextContents()).toEqual(['mac one', 'mac two'])
    expect(await viewOf(mac)).toBe(before)
    await page.keyboard.press('a')
    await page.locator('h2 .badge.resolved').waitFor()
    await expect.poll(() => asked(mac).count()).toBe(0)
    await page.keyboard.press('z')
    await page.locator('h2 .badge.open').waitFor()
    await page.keyboard.press('t')
    await page.locator('.bar-step').first().waitFor()
    expect(tab.complaints).toEqual([])
    await served.stop()
    expect(await viewOf(mac)).toBe(before)
  })

  it('applies nothing that more arrived for meanwhile: the result is shown again first', async () => {
    let stale = true
    const fake = fakeOperations(twoBranches())
    const { page, served } = await open({}, `/conflicts/${conflictId}/union`, {
      ask: <R>(...[name, args, mode, signal]: Parameters<typeof fake>) => {
        if (name !== 'conflict.resolve' || !stale) return fake<R>(name, args, mode, signal)
        stale = false
        return Promise.reject(new HoldfastError('CONFLICT_CHANGED', 'more of this session arrived'))
      },
    })
    await page.getByRole('heading', { name: 'Result: Union' }).waitFor()
    await page.keyboard.press('a')
    await page.getByText('More of this session arrived.').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('More of this session arrived.').waitFor({ state: 'detached' })
    expect(served.asked.filter(({ name }) => name === 'conflict.preview')).toHaveLength(2)
    await page.keyboard.press('a')
    await page.getByText('Union is decided').waitFor()
  })

  it('names a branch by its number where one host has several', async () => {
    const branch = {
      from: '2026-01-02T03:04:05.000Z',
      to: '2026-01-02T03:04:05.000Z',
      first: null,
      last: null,
    }
    const counts = { records: 1, dropped: 0, malformed: 0 }
    const branches = ['mac', 'mac', 'box'].map((host) => ({
      ...branch,
      ...counts,
      host,
      hosts: [host],
      head: host,
    }))
    const { page, served } = await open({ conflict: { branches } }, `/conflicts/${conflictId}/keep/2`)
    await page.getByRole('heading', { name: /^Result: Keep/ }).waitFor()
    expect(served.asked.at(-1)).toMatchObject({
      name: 'conflict.preview',
      args: { choice: 'keep', host: '2' },
    })
    await page.goto(`${page.url().replace(/#.*/, '')}#/conflicts/${conflictId}/keep/3`)
    await expect.poll(() => served.asked.at(-1)?.args['host']).toBe('box')
  })

  it('says what is held, and finds out by itself what changed', async () => {
    const world: FakeWorld = { ...twoBranches(), status: { held: [], conflicts: 1 } }
    const { page, served } = await open(world)
    await page.getByText('Nothing is held, damaged or out of reach.').waitFor()
    const questions = (): number => served.asked.filter(({ name }) => name === 'status').length
    await page.clock.install()
    // From here on its timers are those of the test's clock.
    await page.keyboard.press('r')
    await expect.poll(questions).toBe(2)
    const file = '/home/ada/.claude/projects/x/11111111-1111-4111-8111-111111111111.jsonl'
    world.status = { held: [{ path: file, reason: 'claude (pid 1) has it open' }], conflicts: 1 }
    // Without anybody asking: the page does, every few seconds.
    await page.clock.fastForward(5_000)
    await page.getByText('claude (pid 1) has it open').waitFor()
    expect(questions()).toBe(3)
    await page.goto(`${page.url()}#/conflicts/${conflictId}/union`)
    await page.getByText('Held here.').waitFor()
  })
})
