import { lineAt } from './source-text.mjs'

const clock = [
  { pattern: /\bDate\s*\.\s*now\b/g, name: 'Date.now' },
  { pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/g, name: 'new Date() without a time' },
  { pattern: /\bperformance\s*\.\s*now\b/g, name: 'performance.now' },
  { pattern: /\bprocess\s*\.\s*hrtime\b/g, name: 'process.hrtime' },
]
const randomness = [
  { pattern: /\bMath\s*\.\s*random\b/g, name: 'Math.random' },
  { pattern: /\bcrypto\s*\.\s*(?:randomUUID|getRandomValues)\b/g, name: 'crypto randomness' },
]
const timers = [{ pattern: /(?<![\w.])(?:globalThis\s*\.\s*)?set(?:Timeout|Interval)\b/g, name: 'a timer' }]

/** What goes through a port, so that a simulation runs the real code from one seed. */
const bannedCalls = [
  { folders: ['src/engine/', 'src/store/', 'src/transport/'], calls: [...clock, ...randomness] },
  { folders: ['src/engine/'], calls: timers },
]

const worldModules = new Set(['fs', 'fs/promises', 'child_process', 'crypto'])
/** The only folders of `src` that touch the world themselves. */
const worldFolders = ['src/platform/', 'src/daemon/', 'src/cli/', 'src/review/']

/** Direct calls and modules that a layer must not use. */
export function checkBanned({ path, bare, imports }) {
  const violations = []
  for (const { folders, calls } of bannedCalls) {
    if (!folders.some((folder) => path.startsWith(folder))) continue
    for (const { pattern, name } of calls) {
      for (const match of bare.matchAll(pattern)) {
        violations.push({
          path,
          line: lineAt(bare, match.index),
          message: `${name} is used directly: use its port`,
        })
      }
    }
  }
  if (!path.startsWith('src/') || worldFolders.some((folder) => path.startsWith(folder))) return violations
  for (const { specifier, line } of imports) {
    if (worldModules.has(specifier.replace(/^node:/, ''))) {
      violations.push({
        path,
        line,
        message: `${specifier} belongs behind a port: only platform, daemon, cli and review import it`,
      })
    }
  }
  return violations
}
