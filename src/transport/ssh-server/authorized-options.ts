/** Options that take away, or give back, what this server grants to nobody. */
const harmless = new Set([
  'restrict',
  'agent-forwarding',
  'port-forwarding',
  'pty',
  'user-rc',
  'x11-forwarding',
  'no-agent-forwarding',
  'no-port-forwarding',
  'no-pty',
  'no-user-rc',
  'no-x11-forwarding',
  'permitlisten',
  'permitopen',
  'tunnel',
])

/** The one forced command that says what this server does anyway. */
const forcedServe = /^(?:\/[\w./-]*\/)?holdfast serve --stdio$/

/**
 * Splits the options that stand before a key: `restrict,command="holdfast serve --stdio"`. A quote inside a value is
 * written `\"`. undefined where they are not well-formed.
 */
export function splitOptions(
  text: string,
): readonly (readonly [name: string, value: string | null])[] | undefined {
  const options: [string, string | null][] = []
  const option = /([A-Za-z][A-Za-z0-9-]*)(?:="((?:[^"\\]|\\.)*)")?(,|$)/y
  while (option.lastIndex < text.length) {
    const match = option.exec(text)
    if (match === null) return undefined
    const [all, name = '', value, comma] = match
    options.push([name.toLowerCase(), value?.replaceAll('\\"', '"') ?? null])
    if (comma === ',' && option.lastIndex === text.length) return undefined
    if (all === '') return undefined
  }
  return options.length === 0 ? undefined : options
}

/**
 * Why a key with these options can't be used here, or null. What restricts in a way that this server does not know must
 * not be passed over: whoever wrote it means the key to be able to do less than it would.
 */
export function optionsRefused(text: string): string | null {
  const options = splitOptions(text)
  if (options === undefined) return 'its options are not well-formed'
  for (const [name, value] of options) {
    if (harmless.has(name)) continue
    if (name === 'command' && value !== null && forcedServe.test(value)) continue
    return name === 'command'
      ? 'the only command it may force is “holdfast serve --stdio”'
      : `this server does not know the option ${name}`
  }
  return null
}
