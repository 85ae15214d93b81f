import { mkdirSync, readFileSync, writeFileSync, appendFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { init } from '../../src/daemon/operations/init.js'
import { record, type RecordResult } from '../../src/daemon/operations/record.js'
import { recover, type RecoverArgs } from '../../src/daemon/operations/recover.js'
import type { RecoverResult } from '../../src/daemon/operations/recover-result.js'
import { replay, type ReplayArgs, type ReplayResult } from '../../src/daemon/operations/replay.js'
import { verify, type VerifyResult } from '../../src/daemon/operations/verify.js'
import type { Home } from '../../src/daemon/home.js'
import type { OperationIo } from '../../src/daemon/operation.js'
import { prepareHome } from '../../src/daemon/private-folder.js'
import { openRuntime, type Runtime } from '../../src/daemon/runtime.js'
import { startRecording } from '../../src/daemon/recording-session.js'
import { openDatabase } from '../../src/store/open-database.js'
import type { Database } from '../../src/store/database.js'
import { temporaryHome } from './temporary-home.js'

/** Output of an operation under test, kept. */
export interface KeptIo extends OperationIo {
  readonly written: Uint8Array[]
  readonly phases: Set<string>
}

export function keptIo(signal = new AbortController().signal): KeptIo {
  const written: Uint8Array[] = []
  const phases = new Set<string>()
  return {
    written,
    phases,
    signal,
    progress: ({ phase }) => void phases.add(phase),
    bytes: (chunk) => {
      written.push(chunk)
      return Promise.resolve()
    },
  }
}

const noSelection = { to: null, verify: false }

/** A home with a real store and real session files; each call opens the store and closes it, as commands do. */
export class RecordedHome {
  readonly home: Home
  /** The user's home directory. */
  readonly user: string

  constructor(home: Home = temporaryHome()) {
    this.home = home
    this.user = home.agents.home
    prepareHome(home)
    mkdirSync(join(this.user, '.claude/projects'), { recursive: true })
  }

  path(path: string): string {
    return join(this.user, '.claude/projects', path)
  }

  write(path: string, text: string): string {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), text)
    return this.path(path)
  }

  append(path: string, text: string): void {
    appendFileSync(this.path(path), text)
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8')
  }

  /** Works with the open store, and closes it in order. */
  async with<T>(work: (runtime: Runtime) => Promise<T>): Promise<T> {
    const runtime = await openRuntime({ home: this.home, mode: 'write' })
    try {
      return await work(runtime)
    } finally {
      await runtime.close()
    }
  }

  /** As `with`, for a process that is killed after its last durable batch. */
  async withKilled<T>(work: (runtime: Runtime) => Promise<T>): Promise<T> {
    const runtime = await openRuntime({ home: this.home, mode: 'write' })
    try {
      return await work(runtime)
    } finally {
      await runtime.store.close()
    }
  }

  /** Starts recording, and is killed before anything was looked at. */
  crash(): Promise<void> {
    return this.withKilled(
      async (runtime) => void (await startRecording(runtime, { onFatal: () => undefined })),
    )
  }

  init(): ReturnType<typeof init> {
    return this.with((runtime) => init(runtime, { name: null }))
  }

  record(): Promise<RecordResult> {
    return this.with((runtime) => record(runtime, {}, keptIo()))
  }

  recover(args: Partial<RecoverArgs> = {}): Promise<RecoverResult> {
    return this.with((runtime) => recover(runtime, { dryRun: false, accept: false, ...args }, keptIo()))
  }

  verify(): Promise<VerifyResult> {
    return this.with((runtime) => verify(runtime, {}, keptIo()))
  }

  replay(args: Partial<ReplayArgs>): Promise<ReplayResult> {
    return this.with((runtime) => replay(runtime, { ...noSelection, ...args }, keptIo()))
  }

  /** The bytes of one session. */
  async bytes(session: string, args: Partial<ReplayArgs> = {}): Promise<string> {
    const io = keptIo()
    await this.with((runtime) => replay(runtime, { ...noSelection, session, ...args }, io))
    return Buffer.concat(io.written).toString()
  }

  /** Works with the bare database, as whoever damages it does. */
  async tamper(work: (db: Database) => Promise<void>): Promise<void> {
    const db = await openDatabase(this.home.storeFolder, false)
    try {
      await work(db)
    } finally {
      await db.close()
    }
  }
}
