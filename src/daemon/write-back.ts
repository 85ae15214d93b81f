import { readMachineId } from '../platform/machine-id.js'
import type { ObserverTools } from '../engine/record/observer-tools.js'
import type { FileObserver } from '../engine/record/file-observer.js'
import type { Recorder } from '../engine/record/recorder.js'
import { LiveWriters } from '../engine/writeback/live-writer.js'
import { WriteBack } from '../engine/writeback/write-back.js'
import type { WriteTools } from '../engine/writeback/write-tools.js'
import type { Home } from './home.js'
import { RootOwners } from './root-owners.js'
import type { Runtime } from './runtime.js'
import type { OwnLog } from './session.js'
import { writePolicy } from './write-policy.js'

export interface WriteBackParts {
  readonly tools: ObserverTools
  readonly observer: FileObserver
  readonly recorder: Recorder
  readonly own: OwnLog
  readonly onWake: () => void
}

/** The write-back of a recording in this process. */
export async function openWriteBack(runtime: Runtime, parts: WriteBackParts): Promise<WriteBack> {
  const { tools, observer, recorder, own, onWake } = parts
  const { store, random, processes, files, clock, home } = runtime
  const host = store.reader.log(own.writer.log)?.host ?? ''
  const owners = new RootOwners({ files, clock, processes }, tools.roots, {
    logs: [own.writer.log, ...own.earlier],
    hostName: own.hostName,
    machine: await readMachineId(),
    pid: process.pid,
  })
  const config = runtime.config()
  const write: WriteTools = {
    ...tools,
    files,
    random,
    processes,
    observer,
    store,
    recorder,
    host,
    streams: await runtime.streams(),
    liveWriters: new LiveWriters({ files, processes, clock, claudeFolders: claudeFolders(home) }),
    quietTimeMs: () => config.quietTimeMs,
    policy: (root, project) => writePolicy(config, root, project),
    ownedBy: (root) => owners.otherOwner(root),
  }
  return new WriteBack(write, { home: tools.home, platform: process.platform, onWake })
}

/** Where Claude Code may keep its list of live sessions. */
function claudeFolders({ agents }: Home): string[] {
  const folders = [`${agents.home}/.claude`, agents.claudeConfigDir]
  return [...new Set(folders.filter((folder) => folder !== null && folder !== ''))] as string[]
}
