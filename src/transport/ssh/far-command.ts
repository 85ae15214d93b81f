/** Where people keep programs that a non-login shell does not find; the first that has one is taken. */
const folders = [
  '$HOME/.local/bin',
  '$HOME/bin',
  '$HOME/.npm-global/bin',
  '$HOME/.volta/bin',
  '${ASDF_DATA_DIR:-$HOME/.asdf}/shims',
  '$HOME/.local/share/mise/shims',
  '$HOME/.local/share/pnpm',
  '$HOME/.local/share/fnm/aliases/default/bin',
  '$HOME/.fnm/aliases/default/bin',
  '$HOME/n/bin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/home/linuxbrew/.linuxbrew/bin',
]

/** One folder for each version of Node: the newest that has one is taken. */
const versionFolders = [
  '${NVM_DIR:-$HOME/.nvm}/versions/node/v*/bin',
  '$HOME/.local/share/fnm/node-versions/v*/installation/bin',
  '$HOME/.fnm/node-versions/v*/installation/bin',
  '$HOME/.asdf/installs/nodejs/*/bin',
]

/** Said on stderr with exit code 127. */
export const missingHoldfast = 'holdfast was not found in the usual places'
export const missingNode = 'holdfast is there, but no node to run it'

/**
 * Shell text that becomes `holdfast serve --stdio`. With `holdfastPath` it is that command, as the user gave it; otherwise a
 * search of the usual places, which ends with 127 where nothing is found.
 */
export function farScript(holdfastPath?: string): string {
  return holdfastPath === undefined ? searchScript : `${holdfastPath} serve --stdio`
}

/** As `farScript`, for whatever shell is the user’s at the far end; the user’s own command is written for that one. */
export function farCommand(holdfastPath?: string): string {
  // In single quotes for shells of every kind: no quote, backslash, exclamation mark or line break may stand in it.
  return holdfastPath === undefined ? `exec sh -c '${searchScript}'` : farScript(holdfastPath)
}

const quoted = (path: string): string => `"${path}"`
/** The part with the star must stay bare, or it is no pattern. */
const bare = (path: string): string => path.replace(/^(.*?)(\/v?\*\/.*)$/, '"$1"$2')

/**
 * `find_in NAME` sets `d` to the folder that has a program, or to nothing. `v` is the part of a version folder's name
 * that counts: `20` of `v20.19.0`.
 */
const searchScript = [
  `find_in() { for d in ${folders.map(quoted).join(' ')}; do [ -x "$d/$1" ] && return 0; done`,
  `best=; top=-1; for d in ${versionFolders.map(bare).join(' ')}; do [ -x "$d/$1" ] || continue`,
  'v=${d%/bin}; v=${v%/installation}; v=${v##*/}; v=${v#v}; v=${v%%.*}',
  '[ "$v" -ge 0 ] 2>/dev/null || v=0',
  'if [ "$v" -ge "$top" ]; then top=$v; best=$d; fi; done',
  'd=$best; [ -n "$d" ]; }',
  'export PATH',
  'if command -v holdfast >/dev/null 2>&1; then :',
  'elif find_in holdfast; then PATH=$d:$PATH',
  // A prefix of npm's own is somewhere else: npm knows, but takes a moment to say so.
  'else command -v npm >/dev/null 2>&1 || { find_in npm && PATH=$PATH:$d; }',
  'p=$(npm prefix -g 2>/dev/null </dev/null) && [ -x "$p/bin/holdfast" ] && PATH=$p/bin:$PATH; fi',
  `command -v holdfast >/dev/null 2>&1 || { echo "${missingHoldfast}" >&2; exit 127; }`,
  `command -v node >/dev/null 2>&1 || { find_in node && PATH=$PATH:$d; } || { echo "${missingNode}" >&2; exit 127; }`,
  'exec holdfast serve --stdio',
].join('; ')
