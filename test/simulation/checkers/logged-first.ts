import { holds } from '../failure.js'
import type { Ledger } from './ledger.js'
import { Replayer } from './replayer.js'

/**
 * `logged-first`: a file that Holdfast replaces or removes has every byte in the log at that moment. Asked of the ledger,
 * so only acknowledged events count.
 */
export function checkLoggedFirst(ledger: Ledger, root: string, path: string, bytes: Buffer): void {
  if (bytes.length === 0) return
  const replayer = replayLedger(ledger)
  const found = [...replayer.files()].some(
    (file) =>
      file.root === root &&
      file.path === path &&
      [...file.epochs.values()].some((epoch) => epoch.subarray(0, bytes.length).equals(bytes)),
  )
  holds(
    found,
    'logged-first',
    () => `${root}/${path} is replaced with ${bytes.length} bytes that no event holds`,
  )
}

/** All that was ever acknowledged, replayed. */
export function replayLedger(ledger: Ledger): Replayer {
  const replayer = new Replayer(true)
  const logs = [...ledger.logs()].map((log) => ledger.events(log))
  replayer.addLogs(logs.map((events) => events.flatMap((known) => (known ? [known.event] : []))))
  return replayer
}
