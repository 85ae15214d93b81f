import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Cursor } from '../../../src/engine/core/cursor.js'
import type { FileFacts } from '../../../src/engine/core/event.js'
import { formatNamed } from '../../../src/engine/formats/format.js'
import type { WritableFiles } from '../../../src/engine/ports/files.js'
import type { HistoryRow, LoggedFile, LogReader, LogWriter } from '../../../src/engine/ports/log.js'
import type { Processes } from '../../../src/engine/ports/processes.js'
import { CursorTable, type Durable } from '../../../src/engine/record/cursor-table.js'
import { FileObserver } from '../../../src/engine/record/file-observer.js'
import { Problems } from '../../../src/engine/record/problems.js'
import { Recorder, type SweepResult } from '../../../src/engine/record/recorder.js'
import type { WatchedRoot } from '../../../src/engine/record/watched-root.js'
import type { RecoverTools } from '../../../src/engine/recover/recover-tools.js'
import {
  contentBytes,
  fileEpochs,
  fileState,
  type FileState,
  type Until,
} from '../../../src/engine/replay/content.js'
import { createNodeFiles } from '../../../src/platform/node-files.js'
import type { Database } from '../../../src/store/database.js'
import { LevelStore, type StoreTools } from '../../../src/store/level-store.js'
import { ManualClock, memoryDatabase, newLog, storeTools } from '../../store/databases.js'

const dayMs = 24 * 60 * 60 * 1000

/** One start of the recorder over the workbench's roots. */
export interface Run {
  readonly store: LevelStore
  readonly reader: LogReader
  readonly writer: LogWriter
  readonly observer: FileObserver
  readonly recorder: Recorder
  readonly tools: RecoverTools
  /** What became durable in this run. */
  readonly durable: Durable[]
}

export interface RunOptions {
  readonly unclean?: boolean
  readonly files?: WritableFiles
  readonly processes?: Processes
  readonly writer?: (writer: LogWriter) => LogWriter
}

/** Nobody has any file open. */
export const noProcesses: Processes = {
  holders: () => ({ known: true, byPath: new Map() }),
  agents: () => ({ known: true, list: [] }),
}

/** Real files in a temporary folder, a store in memory, and a clock that stands still until a test moves it. */
export class Workbench {
  readonly folder: string
  readonly clock = new ManualClock()
  readonly db: Database
  readonly storeTools: StoreTools
  roots: WatchedRoot[]
  run: Run

  private constructor(folder: string, db: Database, tools: StoreTools, clock: ManualClock) {
    this.folder = folder
    this.db = db
    this.storeTools = tools
    this.clock = clock
    this.roots = [this.makeRoot('logs', 'lines')]
    this.run = undefined as unknown as Run
  }

  static async make(...formats: readonly string[]): Promise<Workbench> {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-record-')))
    const clock = new ManualClock()
    const bench = new Workbench(folder, await memoryDatabase(), await storeTools(clock), clock)
    if (formats.length > 0) bench.roots = formats.map((format) => bench.makeRoot(format, format))
    await bench.start()
    return bench
  }

  makeRoot(name: string, format: string): WatchedRoot {
    const base = join(this.folder, name)
    mkdirSync(base, { recursive: true })
    const rules = formatNamed(format)
    return {
      name,
      format: rules,
      base,
      admits: () => true,
      mayHold: (folder) => rules.mayHold(folder),
      cleanupAgeMs: 30 * dayMs,
    }
  }

  /** Starts the recorder anew over the same store; the run before is left as a kill would leave it. */
  async start(options: RunOptions = {}): Promise<Run> {
    const { hasher, random } = this.storeTools
    const store = await LevelStore.open(this.db, this.storeTools)
    const opened = store.openWriter('a'.repeat(32), newLog('a'))
    const writer = options.writer?.(opened) ?? opened
    const durable: Durable[] = []
    const base = {
      files: options.files ?? createNodeFiles(),
      reader: store.reader,
      writer,
      hasher,
      clock: this.clock,
      cursors: new CursorTable(await store.loadCursors(), (each) => durable.push(...each)),
      problems: new Problems(),
      roots: this.roots,
      home: '/home/me',
      unclean: options.unclean ?? false,
    }
    const observer = new FileObserver(base)
    const recorder = new Recorder(base, observer, (error) => {
      throw error
    })
    const processes = options.processes ?? noProcesses
    const tools: RecoverTools = { ...base, random, processes, observer, store }
    this.run = { store, reader: store.reader, writer, observer, recorder, tools, durable }
    return this.run
  }

  /** Ends the run in order and starts another. */
  async restart(options: RunOptions = {}): Promise<Run> {
    await this.run.recorder.stop()
    return this.start(options)
  }

  sweep(): Promise<SweepResult> {
    return this.run.recorder.sweep()
  }

  /** Events recorded so far. */
  get events(): number {
    return this.run.reader.log(this.run.writer.log)?.events ?? 0
  }

  /** Payload bytes recorded so far. */
  get bytes(): number {
    return this.run.reader.log(this.run.writer.log)?.bytes ?? 0
  }

  path(path: string, root = 0): string {
    return join(this.roots[root]!.base, path)
  }

  write(path: string, text: string | Uint8Array, root = 0): string {
    const absolute = this.path(path, root)
    mkdirSync(dirname(absolute), { recursive: true })
    writeFileSync(absolute, text)
    return absolute
  }

  append(path: string, text: string | Uint8Array): void {
    appendFileSync(this.path(path), text)
  }

  read(path: string, root = 0): Buffer {
    return readFileSync(this.path(path, root))
  }

  /** Another modification time, so that a rewrite within one tick of the file system's clock is seen. */
  touch(path: string, seconds: number): void {
    utimesSync(this.path(path), seconds, seconds)
  }

  cursor(path: string, root = 0): Cursor | undefined {
    return this.run.tools.cursors.get({ root: this.roots[root]!.name, path })
  }

  file(path: string, root = 0): LoggedFile {
    const file = this.run.reader.file(this.run.writer.log, { root: this.roots[root]!.name, path })
    if (!file) throw new Error(`${path} is not recorded`)
    return file
  }

  async state(path: string, until: Until = {}, epoch?: number, root = 0): Promise<FileState> {
    return fileState(this.run.reader, this.file(path, root), until, epoch)
  }

  /** The file's bytes as the log gives them. */
  async replay(path: string, until: Until = {}, epoch?: number, root = 0): Promise<Buffer> {
    return this.bytesOf(await this.state(path, until, epoch, root))
  }

  async bytesOf({ content }: FileState): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for await (const bytes of contentBytes(this.run.reader, content)) parts.push(bytes)
    return Buffer.concat(parts)
  }

  /** Every epoch's last bytes, as text. */
  async epochs(path: string): Promise<string[]> {
    const states = await fileEpochs(this.run.reader, this.file(path))
    const texts: string[] = []
    for (const state of states) texts.push((await this.bytesOf(state)).toString('latin1'))
    return texts
  }

  async history(path: string, root = 0): Promise<HistoryRow[]> {
    const rows: HistoryRow[] = []
    for await (const row of this.run.reader.history(this.file(path, root))) rows.push(row)
    return rows
  }

  async kinds(path: string, root = 0): Promise<string> {
    return (await this.history(path, root)).map(({ kind }) => kind).join(' ')
  }

  facts(path: string): FileFacts {
    return {
      root: this.roots[0]!.name,
      format: this.roots[0]!.format.name,
      path,
      home: '/home/me',
      cwd: null,
    }
  }

  async dispose(): Promise<void> {
    await this.run.recorder.stop().catch(() => undefined)
    rmSync(this.folder, { recursive: true, force: true })
  }
}
