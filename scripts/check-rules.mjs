/**
 * Enforces the rules of ARCHITECTURE.md: `node scripts/check-rules.mjs [ROOT]`. Prints each violation as
 * `file:line: message`; exits 1 where there is one.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, posix, resolve } from 'node:path'
import { checkBanned } from './rules/banned.mjs'
import { checkCycles } from './rules/cycles.mjs'
import {
  checkBarrels,
  checkLockFile,
  checkMachinePaths,
  checkSizes,
  checkSwitchedOff,
} from './rules/files.mjs'
import { findImports } from './rules/imports.mjs'
import { checkLayers } from './rules/layers.mjs'
import { readSource } from './rules/source-text.mjs'

const codeFolders = ['src', 'test', 'bench', 'scripts', 'bin']
const codeName = /\.[cm]?[jt]sx?$/
const leftOut = new Set(['node_modules', 'dist', 'coverage', '.git', 'fixtures'])

/** Folders that many machines have: no sign of this one. */
const everyones = new Set([
  '/',
  '/root',
  '/home',
  '/tmp',
  '/var',
  '/opt',
  '/srv',
  '/mnt',
  '/usr',
  '/build',
  tmpdir(),
])

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'))
const violations = checkTree(root)
for (const { path, line, message } of violations) console.log(`${path}:${line}: ${message}`)
if (violations.length > 0) process.exitCode = 1

function checkTree(top) {
  const code = new Map(listFiles(top, codeFolders, codeName).map((path) => [path, readCode(top, path)]))
  for (const file of code.values()) {
    for (const entry of file.imports) entry.resolved = resolveImport(file.path, entry.specifier, code)
  }
  const files = [...code.values()]
  const places = machinePlaces(top)
  const docs = listFiles(top, ['.'], /\.md$/).map((path) => ({ path, text: read(top, path) }))
  const found = [
    ...files.flatMap(checkLayers),
    ...files.flatMap(checkBanned),
    ...files.flatMap(checkBarrels),
    ...files.flatMap(checkSwitchedOff),
    ...checkCycles(code),
    ...checkSizes(files, readAllowlist(top)),
    ...docs.flatMap((file) => checkMachinePaths(file, [...places, ...aroundPlaces(top)])),
    ...files.flatMap((file) => checkMachinePaths(file, places)),
    ...(existsSync(join(top, 'package-lock.json')) ? checkLockFile(read(top, 'package-lock.json')) : []),
  ]
  return found.sort((a, b) => compare(a.path, b.path) || a.line - b.line || compare(a.message, b.message))
}

function readCode(top, path) {
  const text = read(top, path)
  const source = readSource(text)
  return { path, text, bare: source.bare, imports: findImports(source) }
}

function read(top, path) {
  return readFileSync(join(top, path), 'utf8')
}

function readAllowlist(top) {
  const path = 'scripts/size-allowlist.json'
  return existsSync(join(top, path)) ? JSON.parse(read(top, path)) : {}
}

/** Paths of files below the folders, relative to the top, with `/`. */
function listFiles(top, folders, name) {
  const found = []
  const pending = folders.filter((folder) => existsSync(join(top, folder)))
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of readdirSync(join(top, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory() && !leftOut.has(entry.name)) pending.push(path)
      if (entry.isFile() && name.test(entry.name)) found.push(path)
    }
  }
  return found.sort((a, b) => (a < b ? -1 : 1))
}

/** The file of this tree that a relative specifier names: `./x.js` stands for `x.ts`. undefined for packages. */
function resolveImport(from, specifier, code) {
  if (!specifier.startsWith('.')) return undefined
  const target = posix.normalize(posix.join(posix.dirname(from), specifier))
  const source = target.replace(/\.([cm]?)js$/, '.$1ts')
  return code.has(source) ? source : target
}

/** Paths that only this machine has: the checkout, and the home where it is not everyone's. */
function machinePlaces(top) {
  return [...new Set([top, homedir()])].filter((place) => !everyones.has(place))
}

/** The folder around the checkout. Only docs are held against it: tests make up short paths that may be the same. */
function aroundPlaces(top) {
  return [dirname(top)].filter((place) => !everyones.has(place))
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0
}
