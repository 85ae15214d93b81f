import { lineAt } from './source-text.mjs'

const fileMaxLines = 400

/** Barrels: files that exist to pass on what others export. */
export function checkBarrels({ path, imports }) {
  const violations = []
  if (/(?:^|\/)index\.[cm]?[jt]s$/.test(path)) {
    violations.push({ path, line: 1, message: 'index files are barrels: name the file after what it holds' })
  }
  const passedOn = imports.filter(({ exports }) => exports)
  if (passedOn.length > 1 && passedOn.length === imports.length) {
    violations.push({
      path,
      line: passedOn[0].line,
      message: 'a file that only passes on exports is a barrel',
    })
  }
  return violations
}

/** The ratchet: no file over 400 lines but those that the allowlist names, with a reason and a bound of their own. */
export function checkSizes(files, allowlist) {
  const listPath = 'scripts/size-allowlist.json'
  const violations = []
  for (const { path, text } of files) {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
    const bound = allowlist[path]?.lines ?? fileMaxLines
    if (lines > bound)
      violations.push({ path, line: bound + 1, message: `${lines} lines, more than ${bound}: split it` })
    if (lines <= fileMaxLines && path in allowlist) {
      violations.push({ path: listPath, line: 1, message: `${path} needs no entry any more` })
    }
  }
  const known = new Set(files.map(({ path }) => path))
  for (const [path, entry] of Object.entries(allowlist)) {
    if (!known.has(path)) violations.push({ path: listPath, line: 1, message: `${path} does not exist` })
    if (typeof entry?.reason !== 'string' || entry.reason.trim().length < 10) {
      violations.push({ path: listPath, line: 1, message: `${path} needs a reason` })
    }
    if (!Number.isInteger(entry?.lines)) {
      violations.push({ path: listPath, line: 1, message: `${path} needs its bound in "lines"` })
    }
  }
  return violations
}

const switchedOff = /\b(?:it|test|describe|suite|bench)(?:\s*\.\s*\w+)*?\s*\.\s*(only|skip|todo)\b/g

/** Tests that run alone or not at all. A test that needs something asks `needs` for it. */
export function checkSwitchedOff({ path, bare }) {
  if (!/^(?:test|bench)\//.test(path)) return []
  return [...bare.matchAll(switchedOff)].map((match) => {
    return { path, line: lineAt(bare, match.index), message: `.${match[1]} switches tests off` }
  })
}

/** Download addresses would tie the lock file to one registry. */
export function checkLockFile(text) {
  return [...text.matchAll(/"resolved"\s*:\s*"[a-z+]+:/g)].map((match) => {
    return { path: 'package-lock.json', line: lineAt(text, match.index), message: 'names a download address' }
  })
}

/** Absolute paths of the machine that the check runs on. */
export function checkMachinePaths({ path, text }, places) {
  const violations = []
  for (const place of places) {
    for (let at = text.indexOf(place); at >= 0; at = text.indexOf(place, at + 1)) {
      if (/[\w.~$-]/.test(text[at - 1] ?? ' ') || /[\w.-]/.test(text[at + place.length] ?? ' ')) continue
      violations.push({ path, line: lineAt(text, at), message: `names a path of this machine: ${place}` })
    }
  }
  return violations
}
