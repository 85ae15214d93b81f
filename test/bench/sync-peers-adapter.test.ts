import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { sameSessions } from '../../bench/sync-trees.js'
import { directAlias, withSyncWorld, type SyncWorld } from '../../bench/sync-world.js'
import { needs } from '../needs.js'

type Side = 'A' | 'B'
type Environment = { readonly env: Readonly<Record<string, string>> }
type Started = ChildProcess & { out: string; err: string; done: Promise<Ended> }

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Change {
  readonly file: string
  readonly offset: number
}

interface Context {
  readonly A: string
  readonly B: string
  readonly state: string
  visible(changes: readonly Change[]): Promise<void>
}

interface Adapter {
  readonly name: string
  setup(ctx: Context): Promise<void>
  initial(ctx: Context): Promise<unknown>
  incremental(ctx: Context, changes: readonly Change[]): Promise<unknown>
  teardown(ctx: Context): Promise<void>
}

interface AdapterModule {
  holdfastAdapters(this: void, common: object, options: { readonly program: string }): Record<string, Adapter>
}

const adapterPath = new URL('../../bench/peers-adapter/holdfast.mjs', import.meta.url).href

/** What a harness hands in, without its isolation: it only starts processes. */
function harness({ sshd, folder }: SyncWorld) {
  const spawnIn = (_side: Side, command: string, args: readonly string[], { env }: Environment): Started => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const started: Started = Object.assign(child, { out: '', err: '', done: Promise.resolve() as never })
    child.stdout.on('data', (chunk: Buffer) => (started.out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (started.err += chunk.toString()))
    started.done = new Promise((resolve) =>
      child.once('close', (code) => resolve({ code, out: started.out, err: started.err })),
    )
    return started
  }
  const run = (...args: Parameters<typeof spawnIn>): Promise<Ended> => spawnIn(...args).done
  const must = async (...args: Parameters<typeof spawnIn>): Promise<Ended> => {
    const ended = await run(...args)
    if (ended.code !== 0) throw new Error(`${args[2].join(' ')}: exit ${ended.code}\n${ended.err}`)
    return ended
  }
  const stop = async (child: Started | undefined): Promise<void> => {
    if (!child || child.exitCode !== null) return
    child.kill('SIGTERM')
    await child.done
  }
  expect(sshd.pid).toBeGreaterThan(0)
  return { spawnIn, run, must, stop, SSH_CFG: join(folder, 'ssh', 'ssh_config'), HOST: directAlias }
}

function contextIn(folder: string): Context {
  const B = join(folder, 'B')
  return {
    A: join(folder, 'A'),
    B,
    state: join(folder, 'state'),
    visible: async (changes) => {
      for (const { file, offset } of changes) {
        while ((statSync(join(B, file), { throwIfNoEntry: false })?.size ?? 0) < offset) await sleep(5)
      }
    },
  }
}

describe('the adapters for a harness of others', () => {
  needs('sshd').it('bring a tree and a further line to B', async () => {
    const { holdfastAdapters } = (await import(adapterPath)) as AdapterModule
    await withSyncWorld(async (world) => {
      const adapters = holdfastAdapters(harness(world), { program: world.program })
      for (const [name, adapter] of Object.entries(adapters)) {
        expect(adapter.name).toBe(name)
        const ctx = contextIn(join(world.folder, name))
        const project = join(ctx.A, 'projects', '-home-ada-code-shop')
        mkdirSync(project, { recursive: true })
        const file = 'projects/-home-ada-code-shop/1b1c9f5e-7d54-4d3a-9a57-3d4f6f0f6a11.jsonl'
        writeFileSync(join(ctx.A, file), line(1))
        await adapter.setup(ctx)
        try {
          await adapter.initial(ctx)
          expect(statSync(join(ctx.B, file)).size).toBe(line(1).length)
          await appendFile(join(ctx.A, file), line(2))
          await adapter.incremental(ctx, [{ file, offset: line(1).length + line(2).length }])
          sameSessions(ctx.A, ctx.B)
        } finally {
          await adapter.teardown(ctx)
        }
      }
    })
  })
})

function line(n: number): string {
  const uuid = `00000000-0000-4000-8000-00000000000${n}`
  return `${JSON.stringify({ type: 'user', uuid, parentUuid: null, message: { role: 'user', content: `${n}` } })}\n`
}
