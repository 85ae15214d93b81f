import { lineAt } from './source-text.mjs'

const fromClause = /\b(import|export)\b(?:(?!\b(?:import|export)\b)[\w\s$,{}*])*?\bfrom\s*(['"])([^'"\n]+)\2/g
const sideEffect = /\bimport\s*(['"])([^'"\n]+)\1/g
const call = /\b(?:import|require)\s*\(\s*(['"`])([^'"`\n]+)\1/g

/**
 * What a file imports: `{ specifier, line, exports }`, `exports` being true for `export … from`. Types count: a type
 * that crosses a border crosses it. Takes both readings of the source (see `readSource`).
 */
export function findImports({ code, bare }) {
  const found = []
  const collect = (pattern, read) => {
    for (const match of code.matchAll(pattern)) {
      // What stands inside a string is blank in the bare reading.
      if (bare[match.index] === ' ') continue
      found.push({ ...read(match), line: lineAt(code, match.index) })
    }
  }
  collect(fromClause, (match) => ({ specifier: match[3], exports: match[1] === 'export' }))
  collect(sideEffect, (match) => ({ specifier: match[2], exports: false }))
  collect(call, (match) => ({ specifier: match[2], exports: false }))
  return found
}
