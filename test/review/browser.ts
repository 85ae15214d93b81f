import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type BrowserContext, type Page } from 'playwright-core'

/** A browser without a window, with a profile of its own that goes with it. */
export interface Browser {
  readonly context: BrowserContext
  /** Opens an address; keeps what happens there that should not. */
  open(url: string): Promise<WatchedTab>
  close(): Promise<void>
}

export interface WatchedTab {
  readonly page: Page
  /** Addresses that were asked for, in order. */
  readonly requests: readonly string[]
  /** Dialogs, errors of scripts, complaints of the console, further windows: there should be none. */
  readonly complaints: readonly string[]
}

export async function startBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'holdfast-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1280, height: 860 },
    timezoneId: 'UTC',
    locale: 'en-GB',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  context.setDefaultTimeout(10_000)
  return {
    context,
    open: async (url) => {
      const page = await context.newPage()
      const requests: string[] = []
      const complaints: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('popup', (popup) => complaints.push(`window ${popup.url()}`))
      page.on('dialog', (dialog) => {
        complaints.push(`dialog ${dialog.message()}`)
        void dialog.dismiss()
      })
      page.on('console', (line) => {
        if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text())
      })
      await page.goto(url)
      return { page, requests, complaints }
    },
    close: async () => {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
