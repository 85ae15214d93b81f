import { readConfigText } from './config.js'
import type { Home } from './home.js'
import { writePrivateFile } from './private-file.js'
import { prepareHome } from './private-folder.js'

/** What a new config file says. All of it is comments: a missing file means the same. */
export const configTemplate = `# Settings of Holdfast on this host. Each one is optional; what is shown is the default.
# Change them here, or by \`holdfast config set KEY VALUE\`. Durations: 500ms, 2s, 10m, 12h, 30d. Sizes: 500MB, 20GB.
#
# name: laptop          what this host is called
#
# sweep:
#   every: 30s          how often all files are looked at, whatever the watcher says
#
# write:
#   quietTime: 2s       how long after the last append a file counts as live
#   onConflict: union   union, hold or split
#   back: true          false: keep what peers send in the log alone
#
# archive:
#   after: 30d          idle sessions are packed after this, or never
#
# milestones:
#   every: 10m          a milestone after so much activity, or never
#   keep: 10            how many of them are kept
#
# disk:
#   budget: never       a warning is given when the store is larger
#
# roots:                further folders to record; see \`holdfast root add\`
#   - name: broker
#     format: messages
#     path: ~/broker/current_session.jsonl
#     poll: true        the watcher is blind there (network mounts, volumes)
#
# peers:                other hosts to exchange events with; see \`holdfast peer add\`
#   - name: laptop
#     url: exec:ssh laptop holdfast serve --stdio
#     direction: both   both, push or pull
`

/**
 * Changes the config file by a pure edit of its text: atomic, synced, private to the user. Creates it, with the
 * template's comments, where there is none. Returns whether anything changed. Throws what the edit throws, and
 * NOT_WRITABLE or DISK_FULL; the file is then as before.
 */
export function editConfigFile(home: Home, edit: (text: string) => string): boolean {
  prepareHome(home)
  const before = readConfigText(home.configFile)
  const base = before === '' ? configTemplate : before
  const after = edit(base)
  if (after === before) return false
  writePrivateFile(home.configFile, after)
  return true
}
