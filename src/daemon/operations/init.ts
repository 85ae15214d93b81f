import { HoldfastError } from '../../engine/core/errors.js'
import { setSetting, settingKey } from '../config-edit.js'
import { editConfigFile } from '../config-file.js'
import { openOwnLog, storedIdentity } from '../log-continuity.js'
import type { Runtime } from '../runtime.js'
import { watchedRoots } from '../watched-roots.js'

export interface InitArgs {
  readonly name: string | null
}

export interface InitResult {
  readonly host: string
  readonly log: string
  readonly roots: readonly {
    readonly name: string
    readonly format: string
    readonly path: string
    readonly found: boolean
  }[]
}

/** Makes this host's identity where there is none. Says nothing of the last run: a crash stays to be assessed. */
export async function init(runtime: Runtime, { name }: InitArgs): Promise<InitResult> {
  const { home, store, session, files } = runtime
  if (name !== null && runtime.config().name !== name) rename(runtime, name)
  const stored = await storedIdentity(runtime)
  if (!session && !stored) {
    const own = await openOwnLog(runtime)
    await own.writer.flush()
    own.witness()
  }
  const log = (await storedIdentity(runtime))?.log ?? session?.own.writer.log
  const info = log === undefined ? undefined : store.reader.log(log)
  if (!info) throw new HoldfastError('INTERNAL', 'the log that was just opened is not there')
  const roots = watchedRoots(home, runtime.config()).map((root) => ({
    name: root.name,
    format: root.format.name,
    path: root.base,
    found: files.stat(root.base)?.type === 'directory',
  }))
  return { host: runtime.config().name ?? info.hostName, log: info.log, roots }
}

function rename({ home }: Runtime, name: string): void {
  editConfigFile(home, (text) => setSetting(text, settingKey('name'), name, home.configFile))
}
