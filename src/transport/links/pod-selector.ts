const name = '[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?'
const prefix = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?'
const key = `(?:${prefix}/)?${name}`
const value = `(?:${name})?`
const requirement = new RegExp(
  `^\\s*(?:` +
    [
      `!?\\s*${key}`,
      `${key}\\s*(?:=|==|!=)\\s*${value}`,
      `${key}\\s+(?:in|notin)\\s*\\(\\s*${value}(?:\\s*,\\s*${value})*\\s*\\)`,
      `${key}\\s*[<>]\\s*-?\\d+`,
    ].join('|') +
    `)\\s*$`,
)

/** More than any real one has. */
const selectorMaxLength = 1000

/**
 * Whether this is a selector of labels, as Kubernetes reads it: `app=worker,tier in (a, b),!old`. All its requirements
 * hold for what it selects.
 */
export function isLabelSelector(text: string): boolean {
  if (text.length > selectorMaxLength || /\p{Cc}/u.test(text)) return false
  // A comma between parentheses separates values.
  return text.split(/,(?![^()]*\))/).every((each) => requirement.test(each))
}
