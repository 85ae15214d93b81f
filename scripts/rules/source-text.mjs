/** After these a slash begins a regular expression; after anything else it divides. */
const beforeRegex =
  /(?:^|[(,=:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|do|else|void|delete|throw|await|yield))\s*$/

/**
 * A source text in two readings of the same length, so that places agree: `code` without comments, `bare` without
 * comments and without what strings say. Blanked characters become spaces; newlines stay.
 */
export function readSource(text) {
  const code = [...text]
  const bare = [...text]
  // For each open `${`: how many braces are open inside of it.
  const templates = []
  let at = 0
  const string = (from, to) => {
    blank(bare, from, to)
    at = to
  }
  while (at < text.length) {
    const char = text[at]
    const pair = text.slice(at, at + 2)
    if (pair === '//') {
      const end = endOf(text, '\n', at)
      blank(code, at, end)
      string(at, end)
    } else if (pair === '/*') {
      const end = text.indexOf('*/', at + 2)
      const stop = end < 0 ? text.length : end + 2
      blank(code, at, stop)
      string(at, stop)
    } else if (char === "'" || char === '"') {
      const end = stringEnd(text, at)
      string(at + 1, end)
      at = end + 1
    } else if (char === '`' || (char === '}' && templates.at(-1) === 0)) {
      if (char === '}') templates.pop()
      const { end, opens } = templateEnd(text, at + 1)
      string(at + 1, end)
      at = end + (opens ? 2 : 1)
      if (opens) templates.push(0)
    } else if (char === '/' && beforeRegex.test(text.slice(Math.max(0, at - 20), at))) {
      string(at + 1, regexEnd(text, at))
    } else {
      if (templates.length > 0 && char === '{') templates.push(templates.pop() + 1)
      if (templates.length > 0 && char === '}') templates.push(templates.pop() - 1)
      at++
    }
  }
  return { code: code.join(''), bare: bare.join('') }
}

function blank(target, from, to) {
  for (let at = from; at < to; at++) if (target[at] !== '\n') target[at] = ' '
}

/** The number of the line, from 1, that holds this place. */
export function lineAt(text, place) {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < place; at = text.indexOf('\n', at + 1)) line++
  return line
}

function endOf(text, what, from) {
  const end = text.indexOf(what, from)
  return end < 0 ? text.length : end
}

function stringEnd(text, start) {
  let at = start + 1
  while (at < text.length && text[at] !== text[start] && text[at] !== '\n') at += text[at] === '\\' ? 2 : 1
  return at
}

function templateEnd(text, from) {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '`') return { end: at, opens: false }
    else if (text[at] === '$' && text[at + 1] === '{') return { end: at, opens: true }
  }
  return { end: text.length, opens: false }
}

function regexEnd(text, start) {
  let inClass = false
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    else if (text[at] === '\n' || (text[at] === '/' && !inClass)) return at + 1
  }
  return text.length
}
