/**
 * Reads flags as the real clients' library does, and refuses what it refuses. `known`: each flag by its long name, with
 * its letter and whether it takes a value. `interspersed`: whether flags may follow the first argument.
 */
export function readFlags(args, known, interspersed, refuse) {
  const flags = {}
  const rest = []
  let dash = -1
  const find = (test) => Object.keys(known).find((name) => test(known[name], name))
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i]
    if (arg === '--') {
      dash = rest.length
      rest.push(...args.slice(i + 1))
      break
    }
    if (arg === '-' || !arg.startsWith('-')) {
      if (!interspersed) {
        rest.push(...args.slice(i))
        break
      }
      rest.push(arg)
      continue
    }
    if (arg.startsWith('--')) {
      const [text, inline] = arg.slice(2).split(/=(.*)/s)
      const name = find((_flag, each) => each === text)
      if (!name) refuse(`unknown flag: --${text}`)
      if (!known[name].value) flags[name] = true
      else if (inline !== undefined) flags[name] = inline
      else if (i + 1 < args.length) flags[name] = args[++i]
      else refuse(`flag needs an argument: --${text}`)
      continue
    }
    for (let at = 1; at < arg.length; at += 1) {
      const letter = arg[at]
      const name = find((flag) => flag.letter === letter)
      if (!name) refuse(`unknown shorthand flag: '${letter}' in ${arg}`)
      if (!known[name].value) {
        flags[name] = true
        continue
      }
      const inline = arg.slice(at + 1).replace(/^=/, '')
      if (inline !== '') flags[name] = inline
      else if (i + 1 < args.length) flags[name] = args[++i]
      else refuse(`flag needs an argument: '${letter}' in ${arg}`)
      break
    }
  }
  return { flags, rest, dash }
}
