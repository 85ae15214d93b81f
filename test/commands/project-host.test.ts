import { describe, expect, it } from 'vitest'
import { sessionHome } from './session-home.js'

interface Projects {
  readonly projects: readonly { readonly name: string; readonly mapped: readonly unknown[] }[]
}

describe('project and host', () => {
  it('map a project, list it under every name of the topic, and take it back', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    const before = await home.json<Projects>(0, 'project', 'list')
    expect(before.projects).toHaveLength(2)
    const mapped = await home.json<Projects>(0, 'project', 'map', 'shop', `${home.folder}/code/shop`)
    expect(mapped.projects).toContainEqual({
      name: 'shop',
      sessions: 0,
      mapped: [{ host: 'ada', path: '~/code/shop' }],
    })
    const names = [['project'], ['projects'], ['projects', 'list'], ['project', 'list']]
    for (const name of names) expect(await home.json(0, ...name)).toEqual(mapped)
    const { stdout } = await home.run('projects')
    expect(stdout).toContain('shop\t0\tada:~/code/shop\n')
    const relative = await home.run('projects', 'map', 'blog', 'code/blog', '--host', 'ada')
    expect(relative.stdout).toBe('blog is ~/code/blog on ada.\n')
    expect((await home.run('project', 'unmap', 'blog')).stdout).toBe(
      'blog is no longer mapped on this host.\n',
    )
    expect(await home.json(0, 'project', 'unmap', 'shop')).toEqual(before)
    const errors = await Promise.all([
      home.json(3, 'project', 'unmap', 'shop'),
      home.json(3, 'project', 'map', 'shop', '~/x', '--host', 'nobody'),
      home.json(2, 'project', 'map', '../shop', '~/x'),
      home.json(2, 'project', 'map', 'shop'),
    ])
    expect(errors.map(({ error }) => (error as { code: string }).code)).toEqual([
      'PROJECT_UNKNOWN',
      'HOST_UNKNOWN',
      'USAGE',
      'USAGE',
    ])
  })

  it('list this host', async () => {
    const home = sessionHome()
    await home.json(0, 'record')
    const { hosts } = await home.json<{ hosts: unknown[] }>(0, 'host', 'list')
    expect(hosts).toEqual([
      expect.objectContaining({ name: 'ada', own: true, logs: [expect.objectContaining({ events: 3 })] }),
    ])
    for (const name of [['host'], ['hosts'], ['hosts', 'list']])
      expect(await home.json(0, ...name)).toEqual({ hosts })
    const { stdout } = await home.run('host', 'list')
    expect(stdout).toMatch(/^ada\t[0-9a-f]{32}\t3\t\d+\t20.*Z\tthis host\n$/)
  })
})
