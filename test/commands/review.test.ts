import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { admit, ask } from '../review/http.js'
import { sessionHome } from './session-home.js'

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** Runs the command until it has told its link; then gives it back to be stopped. */
async function startReview(env: Readonly<Record<string, string>>, ...args: string[]) {
  const child = spawn(process.execPath, [bin, 'review', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const lines: string[] = []
  const reading = createInterface(child.stdout)
  reading.on('line', (line) => lines.push(line))
  await Promise.race([once(reading, 'line'), ended])
  return {
    lines,
    stop: async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal)
      const [code] = await ended
      return code
    },
  }
}

describe('review', () => {
  it('tells its link first, serves the page with what it needs, and ends at Ctrl-C', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    const review = await startReview(home.env, '--json')
    const { url } = JSON.parse(review.lines[0] ?? '') as { url: string }
    const at = await admit(url)
    const get = (path: string) => ask(at.page + path, { headers: { cookie: at.cookie } })
    const { body } = await get('')
    const links = [...body.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = '']) => path)
    expect(links).toContain('review/page/main.js')
    // Every script that a script asks for is served, as it was built.
    const seen = new Set<string>()
    for (const path of links) await follow(path)
    async function follow(path: string): Promise<void> {
      if (seen.has(path)) return
      seen.add(path)
      const answer = await get(path)
      expect([path, answer.status]).toEqual([path, 200])
      if (!path.endsWith('.js')) return
      for (const [, specifier = ''] of answer.body.matchAll(/ from '(\.[^']+)'/g))
        await follow(new URL(specifier, `http://x/${path}`).pathname.slice(1))
    }
    expect(seen.size).toBeGreaterThan(20)
    const overview = JSON.parse((await get('api/overview')).body) as { status: { streams: number } }
    expect(overview.status.streams).toBe(2)
    expect(await review.stop('SIGINT')).toBe(0)
    expect(JSON.parse(review.lines.at(-1) ?? '')).toEqual({ url, end: 'stopped' })
  })

  it('works while the daemon runs, and says for people where the page is', async () => {
    const home = sessionHome()
    await home.json(0, 'daemon', 'start')
    const review = await startReview(home.env)
    const url = /http:\S+/.exec(review.lines[0] ?? '')?.[0] ?? ''
    const at = await admit(url)
    const { body } = await ask(`${at.page}api/overview`, { headers: { cookie: at.cookie } })
    expect(JSON.parse(body)).toMatchObject({ daemon: { running: true }, status: { recording: true } })
    expect(await review.stop('SIGTERM')).toBe(0)
  })

  it('refuses a port that is taken, or none', async () => {
    const home = sessionHome()
    const first = await startReview(home.env, '--json')
    const { port } = new URL((JSON.parse(first.lines[0] ?? '') as { url: string }).url)
    expect(await home.json(1, 'review', '--port', port)).toMatchObject({ error: { code: 'ADDRESS_IN_USE' } })
    expect(await home.json(2, 'review', '--port', '70000')).toMatchObject({ error: { code: 'USAGE' } })
    await first.stop('SIGINT')
  })
})
