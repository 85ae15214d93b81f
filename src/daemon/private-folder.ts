import { accessSync, chmodSync, constants, lstatSync, mkdirSync, statSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { HoldfastError } from '../engine/core/errors.js'
import type { Home } from './home.js'

/**
 * Creates what is missing of the home and checks that all of it is this user's alone. A folder or file that is ours
 * but open to others is tightened; the returned lines say so, for the log.
 * Throws NOT_PRIVATE where somebody else owns a folder, NOT_WRITABLE where this user cannot use it, DISK_FULL.
 */
export function prepareHome(home: Home): string[] {
  const notes: string[] = []
  for (const folder of home.folders) notes.push(...preparePrivateFolder(folder))
  for (const file of [home.configFile, home.logFile, home.pidFile]) notes.push(...tightenFile(file))
  return notes
}

/** As `prepareHome`, for one folder and its missing parents. */
export function preparePrivateFolder(folder: string): string[] {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw folderError(folder, error)
  }
  // A link that the user put in the way of a folder is the user's own choice: what it leads to is what counts.
  const stat = statSync(folder)
  const notes = requireOwn(folder, stat)
  if ((stat.mode & 0o077) === 0) return usable(folder, notes)
  try {
    chmodSync(folder, 0o700)
  } catch (error) {
    throw folderError(folder, error)
  }
  notes.push(`${folder} was open to other users; now it is private`)
  return usable(folder, notes)
}

/**
 * Refuses a folder in a place that other users can write to (a temporary folder), unless it is a real folder of
 * ours that was always private. Nothing is mended: what others could enter, others may have prepared.
 */
export function requirePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw folderError(folder, error)
  }
  const stat = lstatSync(folder)
  if (!stat.isDirectory()) throw new HoldfastError('NOT_PRIVATE', `${folder} is not a folder`)
  requireOwn(folder, stat)
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
    throw new HoldfastError('NOT_PRIVATE', `${folder} is open to other users`)
}

function requireOwn(path: string, stat: Stats): string[] {
  const uid = process.getuid?.()
  if (uid !== undefined && stat.uid !== uid)
    throw new HoldfastError('NOT_PRIVATE', `${path} belongs to user ${stat.uid}, and this is user ${uid}`, {
      next: 'Run Holdfast as the user who owns this folder, or set HOLDFAST_HOME to a folder of this user.',
    })
  return []
}

function usable(folder: string, notes: string[]): string[] {
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw folderError(folder, error)
  }
  return notes
}

function tightenFile(file: string): string[] {
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile()) return []
  requireOwn(file, stat)
  if (process.platform === 'win32' || (stat.mode & 0o077) === 0) return []
  chmodSync(file, 0o600)
  return [`${file} was open to other users; now it is private`]
}

function folderError(folder: string, error: unknown): HoldfastError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new HoldfastError('DISK_FULL', `no space to create ${folder}`, { cause: error })
  return new HoldfastError('NOT_WRITABLE', `cannot use the folder ${folder} (${code})`, { cause: error })
}
