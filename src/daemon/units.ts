/** Durations and sizes as people write them in the config and on the command line. */

const durationUnits = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

const sizeUnits = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
} as const

/** `2s`, `10m`, `1.5h`, `30d` in ms; undefined for anything else, a bare number included. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim())
  if (match === null) return undefined
  const ms = Math.round(Number(match[1]) * durationUnits[match[2] as keyof typeof durationUnits])
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** `20GB`, `500 MiB`, `1.5tb` in bytes; undefined for anything else, a bare number included. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(B|[KMGT]I?B)$/i.exec(text.trim())
  if (match === null) return undefined
  const bytes = Math.round(Number(match[1]) * sizeUnits[match[2]?.toUpperCase() as keyof typeof sizeUnits])
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
