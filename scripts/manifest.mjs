// Writes oclif.manifest.json, the commands with their flags, so that starting a command loads that one alone.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Plugin } from '@oclif/core'

const root = fileURLToPath(new URL('..', import.meta.url))

removeStale(join(root, 'src', 'commands'), join(root, 'dist', 'commands'))
const plugin = new Plugin({
  root,
  type: 'core',
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
})
await plugin.load()
const commands = Object.fromEntries(
  Object.entries(plugin.manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1)),
)
writeFileSync(
  join(root, 'oclif.manifest.json'),
  `${JSON.stringify({ commands, version: plugin.version }, null, 2)}\n`,
)
console.log(`oclif.manifest.json: ${Object.keys(commands).length} commands`)

/** Built commands whose source is gone would still be found and shipped. */
function removeStale(source, built) {
  const sources = new Set(readdirSync(source, { recursive: true }).map((file) => file.replace(/\.ts$/, '')))
  for (const file of readdirSync(built, { recursive: true }))
    if (!sources.has(file.replace(/\.(d\.ts|js|js\.map)$/, '')))
      rmSync(join(built, file), { recursive: true, force: true })
}
