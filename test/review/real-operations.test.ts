import { afterEach, describe, expect, it } from 'vitest'
import { asked, forkedHomes, onlyConflict, viewOf } from '../daemon/conflict-world.js'
import { askHome } from '../../src/review/asker.js'
import type { OverviewAnswer } from '../../src/review/api-types.js'
import type { ConflictDetail, ResolutionPreview } from '../../src/daemon/operations/conflicts.js'
import type { TimelineResult } from '../../src/daemon/operations/timeline.js'
import type { TimelineEventsResult } from '../../src/daemon/operations/timeline-events.js'
import { admit, ask, type Admission } from './http.js'
import { servePage, type ServedPage } from './served-page.js'

/** The page's questions, answered by the operations themselves with the store opened for each: no daemon runs. */
describe('the page over a real store', () => {
  let served: ServedPage | undefined

  afterEach(async () => {
    await served?.stop()
    served = undefined
  })

  async function get<R>(at: Admission, question: string, code = 200): Promise<R> {
    const { status, body } = await ask(`${at.page}api/${question}`, { headers: { cookie: at.cookie } })
    expect([question, status, status === code ? '' : body]).toEqual([question, code, ''])
    return JSON.parse(body) as R
  }

  async function post<R>(
    page: ServedPage,
    at: Admission,
    request: string,
    args: object,
    code = 200,
  ): Promise<R> {
    const headers = { origin: page.origin, 'content-type': 'application/json', cookie: at.cookie }
    const body = JSON.stringify(args)
    const answer = await ask(`${at.page}api/${request}`, { method: 'POST', headers, body })
    expect([request, answer.status, answer.status === code ? '' : answer.body]).toEqual([request, code, ''])
    return JSON.parse(answer.body) as R
  }

  it('lists, shows, previews, resolves and undoes a conflict', async () => {
    const { mac } = await forkedHomes()
    const before = await viewOf(mac)
    const { id } = await onlyConflict(mac)
    const page = (served = await servePage({ ask: askHome(mac.home), daemon: { running: false } }))
    const at = await admit(page.url)
    const overview = await get<OverviewAnswer>(at, 'overview')
    expect(overview.hosts.map(({ name }) => name)).toEqual(['mac', 'box'])
    expect(await get(at, 'conflicts')).toMatchObject({ conflicts: [{ id, status: 'open' }] })
    const shown = await get<ConflictDetail>(at, `conflict?id=${id}&from=1&limit=1&branch=0`)
    expect(shown.pages.map(({ total, messages }) => [total, messages.map(({ text }) => text)])).toEqual([
      [2, ['mac two']],
      [1, []],
    ])
    const preview = await post<ResolutionPreview>(page, at, 'preview', { id, choice: 'keep', host: 'box' })
    expect(preview.difference.removed).toBe(2)
    expect(await viewOf(mac)).toBe(before)
    const choice = { id, choice: 'keep', host: 'box' }
    await post(page, at, 'resolve', { ...choice, basis: 'another' }, 409)
    expect(await viewOf(mac)).toBe(before)
    await post(page, at, 'resolve', { ...choice, basis: preview.basis })
    expect(await asked(mac).count()).toBe(0)
    expect((await viewOf(mac))?.length).toBe(preview.length)
    await post(page, at, 'undo', { id })
    expect(await viewOf(mac)).toBe(before)
    await get(at, 'conflict?id=ffffffffffffffff', 404)
  })

  it('counts and lists the events of every host', async () => {
    const { mac } = await forkedHomes()
    served = await servePage({ ask: askHome(mac.home), daemon: { running: false } })
    const at = await admit(served.url)
    const logs = await mac.with(
      async ({ store }) => new Map(store.reader.logs().map(({ hostName, events }) => [hostName, events])),
    )
    const timeline = await get<TimelineResult>(at, 'timeline?steps=20')
    expect(new Map(timeline.hosts.map(({ name, events }) => [name, events]))).toEqual(logs)
    const seen: string[] = []
    let next: TimelineEventsResult['next'] = null
    do {
      const before: string =
        next === null ? '' : `&before=${next.ms}.${next.counter}.${next.log}.${next.offset}`
      const page: TimelineEventsResult = await get(at, `events?limit=3${before}`)
      seen.push(...page.events.map(({ name, offset, kind }) => `${name} ${offset} ${kind}`))
      next = page.next
    } while (next !== null)
    expect(seen.length).toBe([...logs.values()].reduce((sum, events) => sum + events, 0))
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toContain('mac 0 open')
  })
})
