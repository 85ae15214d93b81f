import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { programPath, type BenchSshd } from './sshd.js'
import { PeakMemory } from './sync-memory.js'
import { ownFilePrefix } from './sync-trees.js'

const runProgram = promisify(execFile)

export interface RsyncOptions {
  readonly sshd: BenchSshd
  /** A name that the server has in the ssh config. */
  readonly alias: string
  /** The contents of this folder go into that one. */
  readonly from: string
  readonly to: string
}

/** Brings a folder up to date at the far end. Gives the most memory that rsync itself took here, in MB. */
export function rsync({ sshd, alias, from, to }: RsyncOptions): Promise<number> {
  const args = [
    '-az',
    `--exclude=${ownFilePrefix}*`,
    '-e',
    `${sshd.binFolder}/ssh`,
    `${from}/`,
    `${alias}:${to}/`,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(programPath('rsync'), args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const memory = new PeakMemory(child.pid ?? 0)
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      const peakMB = memory.stop()
      if (code === 0) resolve(peakMB)
      else reject(new Error(`rsync: exit ${code}\n${said}`))
    })
  })
}

/** Waits until the disk has all that was written to a folder's file system. */
export async function syncDisk(folder: string): Promise<void> {
  await runProgram('sync', process.platform === 'linux' ? ['-f', folder] : [])
}

/** A connection to a host that stays open, so that what goes over it needs no new one. */
export interface KeptConnection {
  close(): Promise<void>
}

/** The lines of an ssh config by which connections to a host go over the one that is kept. */
export function sharedLines(socket: string): string[] {
  return ['ControlMaster no', `ControlPath ${socket}`]
}

/** Opens the connection that the others to this alias are to share. Resolves when it can be used. */
export async function keepConnection({ binFolder }: BenchSshd, alias: string): Promise<KeptConnection> {
  const ssh = `${binFolder}/ssh`
  const child = spawn(ssh, ['-N', '-o', 'ControlMaster=yes', alias], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) break
    const ready = await runProgram(ssh, ['-O', 'check', alias]).then(
      () => true,
      () => false,
    )
    if (ready) return { close }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await close()
  throw new Error(`ssh does not keep a connection to ${alias}`)
}
