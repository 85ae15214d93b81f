import type { SeededRandom } from './random.js'

const newline = 0x0a
const carriageReturn = 0x0d

/**
 * The appends by which a session came about: several lines at once, single lines, half lines, a newline that comes
 * later than its line, a cut between CR and LF or inside a character. Together they are the session.
 */
export function* growth(session: Uint8Array, random: SeededRandom): Generator<Buffer> {
  const bytes = Buffer.from(session.buffer, session.byteOffset, session.byteLength)
  let at = 0
  while (at < bytes.length) {
    const cut = nextCut(bytes, at, random)
    yield bytes.subarray(at, cut)
    at = cut
  }
}

function nextCut(bytes: Buffer, at: number, random: SeededRandom): number {
  const how = random.float()
  let cut = lineEnd(bytes, at)
  if (how < 0.3) {
    for (let more = random.int(20); more > 0 && cut < bytes.length; more--) cut = lineEnd(bytes, cut)
  } else if (how < 0.5) {
    cut = at + 1 + random.int(cut - at)
  } else if (how < 0.6) {
    cut = bytes[cut - 1] === newline ? Math.max(at + 1, cut - 1) : cut
    if (how < 0.53 && bytes[cut - 1] === carriageReturn) cut = Math.max(at + 1, cut - 1)
  }
  return cut
}

/** Just after the line that contains byte `at`. */
function lineEnd(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(newline, at)
  return end < 0 ? bytes.length : end + 1
}

/** The same lines, each ended by CR LF. */
export function withCarriageReturns(session: Uint8Array): Buffer {
  const lines = Buffer.from(session).toString('latin1').replaceAll(/\r?\n/g, '\r\n')
  return Buffer.from(lines, 'latin1')
}
