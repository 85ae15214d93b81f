/** One line of /proc/mounts: where a file system is mounted, and its type. */
export interface Mount {
  readonly folder: string
  readonly type: string
}

/**
 * File systems whose changes may be made by another machine (or the host of a virtual one), so that this kernel
 * never hears of them.
 */
const remoteTypes = new Set([
  '9p',
  'afs',
  'beegfs',
  'ceph',
  'cifs',
  'davfs',
  // Docker Desktop's shared folders pass on only some of the host's changes.
  'fakeowner',
  'fuse',
  'gpfs',
  'grpcfuse',
  'lustre',
  'ncpfs',
  'nfs',
  'nfs4',
  'osxfs',
  'prl_fs',
  'smb2',
  'smb3',
  'smbfs',
  'vboxsf',
  'virtiofs',
  'vmhgfs',
])

/** Whether changes on a file system of this type may stay unseen by a watcher. */
export function isBlindType(type: string): boolean {
  return remoteTypes.has(type) || type.startsWith('fuse.')
}

/** The mount that holds an absolute, real path, from the text of /proc/mounts; undefined where none does. */
export function mountOf(procMounts: string, path: string): Mount | undefined {
  let best: Mount | undefined
  for (const line of procMounts.split('\n')) {
    const [, escaped, type] = line.split(' ')
    if (escaped === undefined || type === undefined) continue
    const folder = unescape(escaped)
    // Of two mounts on one folder the later one hides the earlier.
    if (isBelow(path, folder) && folder.length >= (best?.folder.length ?? 0)) best = { folder, type }
  }
  return best
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' ? path.startsWith('/') : path === folder || path.startsWith(`${folder}/`)
}

/** The kernel writes space, tab, newline and backslash as three octal digits, byte by byte. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
