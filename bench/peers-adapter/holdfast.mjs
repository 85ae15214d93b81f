/**
 * Adapters by which a harness that compares tools for syncing folders runs Holdfast. The harness hands in what it starts
 * processes with (`common`), and each adapter has the functions that it calls; README.md here says how to plug them in.
 *
 * `ctx`: `{ A, B, state, visible(changes) }`: two folders, one for the tool's own state, and a wait until every change has
 * its size at B. The session files stand in `projects/` of A.
 */
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const rootName = 'peers'
const ownPrefix = '.holdfast-'
const lookEveryMs = 20
const startWithinMs = 120_000

/**
 * @param common `{ must, run, spawnIn, stop, SSH_CFG, HOST }` of the harness
 * @param options `program`: the built `bin/run.js`; `node`: what runs it, by default what runs this
 * @returns `holdfast`: two daemons that are connected, and `holdfast-sync`: one command for each sync
 */
export function holdfastAdapters(common, { program, node = process.execPath }) {
  const tool = { common, program, node }
  return { holdfast: daemons(tool), 'holdfast-sync': commands(tool) }
}

function commands(tool) {
  const sync = (ctx) => tool.common.must('A', ...commandOf(tool, ['sync', 'b', '--json']), at(ctx, 'A'))
  return {
    name: 'holdfast-sync',
    usesSsh: true,
    async setup(ctx) {
      await prepare(tool, ctx)
      await addRoot(tool, ctx, 'A')
      await addPeer(tool, ctx)
    },
    async initial(ctx) {
      return wireOf(await sync(ctx))
    },
    async incremental(ctx) {
      return wireOf(await sync(ctx))
    },
    start: (ctx) => tool.common.spawnIn('A', ...commandOf(tool, ['sync', 'b']), at(ctx, 'A')),
    sync: (ctx) => tool.common.run('A', ...commandOf(tool, ['sync', 'b']), at(ctx, 'A')),
    async teardown(ctx) {
      removeOwnFiles(ctx)
    },
  }
}

function daemons(tool) {
  const { common } = tool
  const startDaemon = async (ctx, side) => {
    const child = common.spawnIn(side, ...commandOf(tool, ['daemon', 'run']), at(ctx, side))
    ctx.holdfast[side] = child
    const said = () => `${child.out}${child.err}`
    await until(`the daemon of ${side}`, () => {
      if (child.exitCode !== null) throw new Error(`the daemon of ${side} ended: ${said().slice(-2000)}`)
      return said().includes('caught up')
    })
  }
  const stopDaemons = (ctx) =>
    Promise.all(['A', 'B'].map((side) => common.stop(ctx.holdfast?.[side], 'SIGTERM')))
  return {
    name: 'holdfast',
    usesSsh: false,
    async setup(ctx) {
      ctx.holdfast = {}
      await prepare(tool, ctx)
      await addPeer(tool, ctx)
      await startDaemon(ctx, 'B')
      await startDaemon(ctx, 'A')
    },
    /** The folder becomes a root at A: it is recorded, sent and written at B. */
    async initial(ctx) {
      const changes = filesBelow(ctx.A).map((file) => ({ file, offset: statSync(join(ctx.A, file)).size }))
      await addRoot(tool, ctx, 'A')
      await ctx.visible(changes)
    },
    incremental: (ctx, changes) => ctx.visible(changes),
    watch: async () => ({ stop: async () => undefined }),
    disconnect: stopDaemons,
    async reconnect(ctx) {
      await startDaemon(ctx, 'B')
      await startDaemon(ctx, 'A')
      await common.must('A', ...commandOf(tool, ['sync', 'b', '--json']), at(ctx, 'A'))
    },
    async shown(ctx) {
      const { out } = await common.run('A', ...commandOf(tool, ['conflicts', '--json']), at(ctx, 'A'))
      return out
    },
    async crashB(ctx) {
      ctx.holdfast.B.kill('SIGKILL')
      await ctx.holdfast.B.done
    },
    restartB: (ctx) => startDaemon(ctx, 'B'),
    async teardown(ctx) {
      await stopDaemons(ctx)
      removeOwnFiles(ctx)
    },
  }
}

function commandOf({ node, program }, args) {
  return [node, [program, ...args]]
}

/** The environment of one side's processes: a home, a Holdfast and an `ssh` that are the comparison's own. */
function at(ctx, side) {
  const own = join(ctx.state, `holdfast${side}`)
  const path = `${join(ctx.state, 'bin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
  return {
    env: { HOME: own, HOLDFAST_HOME: join(own, 'home'), HOLDFAST_NAME: side.toLowerCase(), PATH: path },
  }
}

/** Makes what both sides need, and gives B the root; A gets it when that is to count. */
async function prepare(tool, ctx) {
  const { common } = tool
  const bin = join(ctx.state, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F '${common.SSH_CFG}' "$@"\n`)
  chmodSync(join(bin, 'ssh'), 0o700)
  for (const side of ['A', 'B']) {
    mkdirSync(join(ctx[side], 'projects'), { recursive: true })
    mkdirSync(at(ctx, side).env.HOME, { recursive: true })
  }
  await addRoot(tool, ctx, 'B')
}

async function addRoot(tool, ctx, side) {
  const args = ['root', 'add', `claude=${join(ctx[side], 'projects')}`, '--name', rootName]
  await tool.common.must(side, ...commandOf(tool, args), at(ctx, side))
}

async function addPeer(tool, ctx) {
  const { HOME, HOLDFAST_HOME, HOLDFAST_NAME } = at(ctx, 'B').env
  const there = `env HOME=${HOME} HOLDFAST_HOME=${HOLDFAST_HOME} HOLDFAST_NAME=${HOLDFAST_NAME}`
  const far = `${there} ${tool.node} ${tool.program}`
  const args = ['peer', 'add', 'b', `ssh://${tool.common.HOST}`, '--holdfast-path', far]
  await tool.common.must('A', ...commandOf(tool, args), at(ctx, 'A'))
}

/** The bytes of the protocol itself, as the command counts them. */
function wireOf({ out }) {
  const { peers } = JSON.parse(out)
  return { holdfast_sent: peers[0].bytesSent, holdfast_received: peers[0].bytesReceived }
}

/** Each root has a file that says who writes it: it differs on every host, and the harness compares whole folders. */
function removeOwnFiles(ctx) {
  for (const side of ['A', 'B']) {
    const folder = join(ctx[side], 'projects')
    for (const name of readdirSync(folder).filter((each) => each.startsWith(ownPrefix))) {
      rmSync(join(folder, name), { recursive: true })
    }
  }
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((path) => statSync(join(folder, path)).isFile())
    .filter((path) => !path.split('/').some((name) => name.startsWith(ownPrefix)))
}

async function until(what, reached) {
  for (let waitedMs = 0; !reached(); waitedMs += lookEveryMs) {
    if (waitedMs > startWithinMs) throw new Error(`${what} is not ready after ${startWithinMs / 1000} s`)
    await sleep(lookEveryMs)
  }
}
