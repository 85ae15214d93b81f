import { describe, expect, it } from 'vitest'
import { cleanupAgeMs } from '../../../src/engine/formats/cleanup.js'

const day = 86_400_000

describe('cleanupAgeMs', () => {
  it.each<[string | null, number]>([
    ['{"cleanupPeriodDays": 7}', 7 * day],
    ['\uFEFF{"cleanupPeriodDays": 0.5}', day / 2],
    ['{"cleanupPeriodDays": 0}', 0],
    ['{"cleanupPeriodDays": 99999}', 99999 * day],
    ['{"cleanupPeriodDays": 1e300}', Number.MAX_SAFE_INTEGER],
    [null, 30 * day],
    ['', 30 * day],
    ['{"cleanupPeriodDays": 7', 30 * day],
    ['{"cleanupPeriodDays": -1}', 30 * day],
    ['{"cleanupPeriodDays": "7"}', 30 * day],
    ['{"cleanupPeriodDays": null}', 30 * day],
    ['{"other": {"cleanupPeriodDays": 7}}', 30 * day],
    ['[]', 30 * day],
    ['null', 30 * day],
    ['7', 30 * day],
  ])('%s → %d ms', (settings, expected) => {
    expect(cleanupAgeMs(settings)).toBe(expected)
  })
})
