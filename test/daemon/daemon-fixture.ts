/**
 * A daemon with a small fake store, for tests that need a process of their own. Its store is a lock file: opened
 * by one process at a time. Behaviour is chosen by FIXTURE: `fail` cannot record, `hang` never answers SIGTERM.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { findHome } from '../../src/daemon/home.js'
import { LogFile } from '../../src/daemon/log-file.js'
import { prepareHome } from '../../src/daemon/private-folder.js'
import { runDaemon } from '../../src/daemon/run-daemon.js'
import { HoldfastError } from '../../src/engine/core/errors.js'

const home = findHome()
prepareHome(home)
const file = new LogFile(home.logFile)
const log = pino({ base: null }, { write: (line: string) => file.write(line) })
const lock = join(home.storeFolder, 'LOCK')
const end = new AbortController()
process.on('SIGTERM', () => end.abort())

let starts = 0

try {
  await runDaemon({
    home,
    version: '9.9.9',
    log,
    signal: end.signal,
    operations: {
      starts: async () => starts,
      hello: async (_runtime, args: { name: string }) => `hello ${args.name}`,
    },
    open: async () => {
      if (existsSync(lock)) throw new HoldfastError('STORE_IN_USE', 'the store is in use')
      closeSync(openSync(lock, 'wx'))
      return { close: async () => rmSync(lock) }
    },
    startService: async (_runtime, onFatal) => {
      if (process.env['FIXTURE'] === 'fail') throw new HoldfastError('STORE_FAILED', 'the disk is on fire')
      if (process.env['FIXTURE'] === 'fatal')
        setTimeout(() => onFatal(new HoldfastError('STORE_FAILED', 'a write failed')), 50)
      starts++
      log.info(
        { config: existsSync(home.configFile) ? readFileSync(home.configFile, 'utf8').length : 0 },
        'recording',
      )
      return { stop: async () => log.info('flushed') }
    },
  })
} catch (error) {
  process.stderr.write(`Error: ${(error as Error).message}\n`)
  process.exitCode = 1
}
