/** A file of a session; `path` relative to the folder that the format names. */
export interface SessionFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Every line of a text changed by `change`; a last line without a newline gets one, since agents append to it. */
export function mapLines(
  bytes: Uint8Array,
  change: (line: Uint8Array, index: number) => Uint8Array,
): Uint8Array {
  const parts: Uint8Array[] = []
  let from = 0
  let length = 0
  for (let index = 0; from < bytes.length; index++) {
    const newlineAt = bytes.indexOf(10, from)
    const end = newlineAt === -1 ? bytes.length : newlineAt
    const line = change(bytes.subarray(from, end), index)
    parts.push(line)
    length += line.length + 1
    from = end + 1
  }
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    joined[at + part.length] = 10
    at += part.length + 1
  }
  return joined
}
