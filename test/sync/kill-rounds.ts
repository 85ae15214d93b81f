import { setTimeout as sleep } from 'node:timers/promises'
import type { SyncResultRow } from '../../src/daemon/operations/sync.js'
import { SeededRandom } from '../fixtures-gen/random.js'
import { SyncHome } from './home.js'
import { digests } from './live-daemon.js'

/** What came of killing syncs: differences between what is and what should be, none where all is right. */
export interface KillReport {
  /** Syncs that did not end by themselves. */
  readonly cut: number
  readonly wrong: readonly string[]
}

/**
 * Two homes without daemons go on with sessions of their own; at each round one of them syncs, and one end of it is
 * killed at a random moment. Then a sync is let be, and everything is held against everything.
 */
export async function killRounds(rounds: number, seed: string): Promise<KillReport> {
  const random = new SeededRandom(`kill ${seed}`)
  const a = new SyncHome('alder', { writes: true })
  const b = new SyncHome('birch', { writes: true })
  try {
    a.generate(`alder ${seed}`, 1_000_000, 8)
    b.generate(`birch ${seed}`, 1_000_000, 8)
    await a.record()
    await b.record()
    await a.json(['peer', 'add', 'b', b.url])
    let cut = 0
    for (let round = 0; round < rounds; round++) {
      a.generate(`alder ${seed} ${round}`, 200_000, 2)
      b.generate(`birch ${seed} ${round}`, 200_000, 2)
      b.forgetServing()
      const running = a.spawn('sync', '--json')
      // From the moment that the far end was started: what comes before is only a process that begins.
      while (b.servingPid() === null && running.child.exitCode === null) await sleep(5)
      await sleep(random.int(1600))
      if (random.chance(0.5)) running.child.kill('SIGKILL')
      else killSoftly(b.servingPid())
      const { code } = await running.ended
      if (code !== 0) cut += 1
      killSoftly(b.servingPid())
    }
    return { cut, wrong: await differences(a, b) }
  } finally {
    await a.dispose()
    await b.dispose()
  }
}

async function differences(a: SyncHome, b: SyncHome): Promise<string[]> {
  const wrong: string[] = []
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (JSON.stringify(is) !== JSON.stringify(should)) wrong.push(`${what}: ${JSON.stringify(is)}`)
  }
  const first = await a.json<SyncResultRow>(['sync', '--quiet-time', '0s'])
  expect('forks, notes, held', [first.forks, first.notes, first.held], [[], [], []])
  // What the far end wrote back after the last exchange is told in the next.
  await a.json<SyncResultRow>(['sync', '--quiet-time', '0s'])
  const { peers } = await a.json<SyncResultRow>(['sync', '--quiet-time', '0s'])
  expect('moved by a sync more', [peers[0]?.sent, peers[0]?.received, peers[0]?.missing], [0, 0, 0])
  expect('files of the two homes', differing(wholeLines(a.expected), wholeLines(b.expected)), [])
  for (const [holder, owner] of [
    [a, b],
    [b, a],
  ] as const) {
    expect(`own files of ${owner.name} that were touched`, owner.touched, [])
    expect(
      `replay of ${owner.name} at ${holder.name}`,
      differing(await holder.replay(owner.name), owner.expected),
      [],
    )
    const { ok, problems } = await holder.json<{ ok: boolean; problems: unknown[] }>(['verify'])
    expect(`verify at ${holder.name}`, [ok, problems], [true, []])
  }
  return wrong
}

function differing(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): string[] {
  const [x, y] = [digests(a), digests(b)]
  return [...new Set([...Object.keys(x), ...Object.keys(y)])].filter((path) => x[path] !== y[path])
}

/** Logs up to their last newline: a line that is not ended is its writer's alone. */
function wholeLines(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const whole = [...files].map(([path, bytes]): [string, Uint8Array] =>
    path.endsWith('.jsonl') ? [path, bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)] : [path, bytes],
  )
  return new Map(whole)
}

function killSoftly(pid: number | null): void {
  try {
    if (pid !== null) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
