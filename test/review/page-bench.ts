import { afterAll, afterEach, beforeAll } from 'vitest'
import { message, fakeOperations, type FakeWorld } from './fake-operations.js'
import { startBrowser, type Browser, type WatchedTab } from './browser.js'
import { compiledPage } from './compiled-page.js'
import { servePage, type ServedOptions, type ServedPage } from './served-page.js'

export interface OpenedPage {
  readonly served: ServedPage
  readonly tab: WatchedTab
  readonly page: WatchedTab['page']
}

export type OpenPage = (
  world: FakeWorld,
  place?: string,
  options?: Partial<ServedOptions>,
) => Promise<OpenedPage>

/** For the tests of one `describe`: opens the page, at a place of it, with operations of the test’s own. */
export function pageBench(): OpenPage {
  let browser: Browser
  let scripts: ReadonlyMap<string, string>
  const opened: OpenedPage[] = []

  beforeAll(async () => {
    scripts = compiledPage()
    browser = await startBrowser()
  })

  afterAll(() => browser.close())

  afterEach(async () => {
    for (const { page, served } of opened.splice(0)) {
      await page.close()
      await served.stop()
    }
  })

  return async (world, place = '', options = {}) => {
    const served = await servePage({ ask: fakeOperations(world), scripts, ...options })
    const tab = await browser.open(served.url)
    opened.push({ served, tab, page: tab.page })
    if (place !== '') await tab.page.goto(`${tab.page.url()}#${place}`)
    return { served, tab, page: tab.page }
  }
}

/** Two short branches, and what a choice would make of them. */
export function twoBranches(): FakeWorld {
  return {
    context: [message('what both have')],
    branches: [
      { total: 2, at: (i) => message(`mac says ${i}`) },
      { total: 1, at: () => message('box says', { role: 'assistant' }) },
    ],
    preview: {
      hosts: [
        { host: 'box', change: 'rewritten', before: 100, after: 300, added: 2, removed: 0 },
        { host: 'mac', change: 'appended', before: 200, after: 300, added: 1, removed: 0 },
      ],
      difference: { added: 1, removed: 0, lines: [{ sign: '+', message: message('box says') }], more: 0 },
    },
  }
}
