import { join } from 'node:path'

import { HoldfastError } from '../../engine/core/errors.js'
import type { Selection, SessionFile } from '../../engine/replay/select.js'
import { contentBytes, fileState, type FileState } from '../../engine/replay/content.js'
import { sameAsWritten, staysBelow, writeContent } from '../../engine/replay/materialise.js'
import { parseWhen, type When } from '../../engine/replay/when.js'
import { commonPrefix } from '../../engine/record/common-prefix.js'
import { chosenFiles } from '../choose-files.js'
import { ownLogId } from '../log-continuity.js'
import type { OperationIo } from '../operation.js'
import type { Runtime } from '../runtime.js'
import { realBase, watchedRoots } from '../watched-roots.js'

export interface ReplayArgs extends Selection {
  readonly at?: string
  readonly epoch?: number
  /** Absolute folder to write below; null for the bytes themselves. */
  readonly to: string | null
  /** Read back what was written, and compare with the files of this machine where they are meant. */
  readonly verify: boolean
}

export interface Mismatch {
  readonly root: string
  readonly path: string
  /**
   * log-incomplete: events are lost · not-kept: the target disk did not keep what was written · differs: the file on
   * this machine is another · missing: it is not on this machine · unsafe-path: its name leads out of the target here
   */
  readonly reason: 'log-incomplete' | 'not-kept' | 'differs' | 'missing' | 'unsafe-path'
}

export interface ReplayResult {
  readonly files: number
  readonly bytes: number
  readonly mismatches: readonly Mismatch[]
}

/** Rebuilds files as they were, elsewhere or as a stream of bytes; never in place. */
export async function replay(runtime: Runtime, args: ReplayArgs, io: OperationIo): Promise<ReplayResult> {
  const { reader } = runtime.store
  const when = args.at === undefined ? null : parseWhen(args.at, reader, runtime.clock.now())
  const host = when?.log && args.host === undefined ? { host: when.log } : {}
  const chosen = (await chosenFiles(runtime, { ...args, ...host })).filter(
    ({ file }) => !when?.log || file.log === when.log,
  )
  if (args.epoch !== undefined && args.session === undefined) {
    throw new HoldfastError('USAGE', '--epoch needs a SESSION: epochs belong to one file')
  }
  return args.to === null
    ? toStream(runtime, chosen, args, when, io)
    : toFolder(runtime, chosen, args, when, args.to, io)
}

async function stateThen(
  runtime: Runtime,
  { file }: SessionFile,
  args: ReplayArgs,
  when: When | null,
): Promise<FileState> {
  return fileState(runtime.store.reader, file, when?.until ?? {}, args.epoch)
}

async function toStream(
  runtime: Runtime,
  chosen: readonly SessionFile[],
  args: ReplayArgs,
  when: When | null,
  io: OperationIo,
): Promise<ReplayResult> {
  const [first] = chosen
  if (args.session === undefined || !first) {
    throw new HoldfastError('USAGE', '--stdout needs a SESSION: it writes one file', {
      next: 'Name a session, or use --to DIR.',
    })
  }
  const state = await stateThen(runtime, first, args, when)
  if (state.content.length === 0 && !state.present) {
    throw new HoldfastError('WHEN_INVALID', `${first.file.facts.path} was not there then`, {
      next: 'See `holdfast versions SESSION`.',
    })
  }
  let bytes = 0
  for await (const chunk of contentBytes(runtime.store.reader, state.content)) {
    io.signal.throwIfAborted()
    await io.bytes(chunk)
    bytes += chunk.length
  }
  return { files: 1, bytes, mismatches: state.complete ? [] : [mismatch(first, 'log-incomplete')] }
}

async function toFolder(
  runtime: Runtime,
  chosen: readonly SessionFile[],
  args: ReplayArgs,
  when: When | null,
  to: string,
  io: OperationIo,
): Promise<ReplayResult> {
  const { files, store, hasher } = runtime
  // A link counts as what it leads to: the person who named it meant that.
  const target = realBase(to)
  if ((files.list(target)?.entries.length ?? 0) > 0 || files.stat(target)?.type === 'file') {
    throw new HoldfastError('TARGET_EXISTS', `${to} is not empty`)
  }
  const mismatches: Mismatch[] = []
  let [count, bytes] = [0, 0]
  files.makeDirectory(to)
  for (const [index, each] of chosen.entries()) {
    io.signal.throwIfAborted()
    const state = await stateThen(runtime, each, args, when)
    // A file that was not there then is not rebuilt, unless its epoch was asked for.
    if (state.epoch >= 0 && (state.present || args.epoch !== undefined)) {
      const { facts } = each.file
      const windows = process.platform === 'win32'
      if (!staysBelow(facts.root, windows) || !staysBelow(facts.path, windows)) {
        mismatches.push(mismatch(each, 'unsafe-path'))
        continue
      }
      const path = join(to, facts.root, facts.path)
      files.makeDirectory(join(path, '..'))
      const written = await writeContent({ files, hasher, reader: store.reader }, state.content, path)
      count += 1
      bytes += written.bytes
      if (!state.complete || !written.complete) mismatches.push(mismatch(each, 'log-incomplete'))
      if (args.verify && !sameAsWritten({ files, hasher }, path, written))
        mismatches.push(mismatch(each, 'not-kept'))
      if (args.verify && when === null && args.epoch === undefined) {
        const reason = await differsHere(runtime, each, state)
        if (reason) mismatches.push(mismatch(each, reason))
      }
    }
    io.progress({ phase: 'replaying', done: index + 1, total: chosen.length, unit: 'files' })
  }
  return { files: count, bytes, mismatches }
}

/** Compares with the file on this machine, where it is this machine's. What it has grown by meanwhile is no difference. */
async function differsHere(
  runtime: Runtime,
  { file, info }: SessionFile,
  state: FileState,
): Promise<Mismatch['reason'] | null> {
  const own = await ownLogId(runtime)
  const root = watchedRoots(runtime.home, runtime.config()).find(({ name }) => name === file.facts.root)
  if (!root || info.log !== own) return null
  const handle = runtime.files.open(`${root.base}/${file.facts.path}`)
  if (!handle) return 'missing'
  try {
    const common = await commonPrefix(handle, state.content, runtime.store.reader)
    return common === state.content.length ? null : 'differs'
  } finally {
    handle.close()
  }
}

function mismatch({ file }: SessionFile, reason: Mismatch['reason']): Mismatch {
  return { root: file.facts.root, path: file.facts.path, reason }
}
