import { describe, expect, it } from 'vitest'
import { benchNames, loadBench } from '../../bench/discover.js'
import { renderLines, renderTable } from '../../bench/report.js'
import { needs } from '../needs.js'

const beside = new Set(['sync', 'wire', 'latency'])

/** Benchmarks rot unseen unless something runs them: each one runs here, on small inputs. */
describe('every benchmark, tiny', () => {
  it('finds them', () => {
    expect(benchNames()).toContain('hashing')
  })

  for (const name of benchNames()) {
    // Sync is measured beside rsync over a real server, or not at all.
    if (beside.has(name)) needs('sshd').it(name, () => isSound(name))
    else it(name, () => isSound(name))
  }
})

async function isSound(name: string): Promise<void> {
  const run = await loadBench(name)
  const results = await run({ tiny: true })
  expect(results.length).toBeGreaterThan(0)
  for (const { rounds, contenders, ratio } of results) {
    expect(rounds).toBeGreaterThan(0)
    expect(contenders.every(({ digest, ms }) => digest !== '' && ms.min > 0 && ms.max >= ms.min)).toBe(true)
    expect(ratio.min).toBeLessThanOrEqual(ratio.median)
    expect(ratio.median).toBeLessThanOrEqual(ratio.max)
  }
  expect(renderTable(results)).toContain(results[0]?.name)
  expect(
    renderLines(name, results)
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(results.map((result) => ({ bench: name, ...result })))
}
