import { connect } from 'node:net'

const requestIdentities = Buffer.from([0, 0, 0, 1, 11])
const identitiesAnswer = 12
/** Far more than any agent answers. */
const answerMaxBytes = 1024 * 1024

/** The public keys that an agent holds, of every kind. Null where none answers before `signal` aborts. Never throws. */
export function listAgentKeys(socketPath: string, signal: AbortSignal): Promise<Buffer[] | null> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    let answer = Buffer.alloc(0)
    const finish = (keys: Buffer[] | null): void => {
      signal.removeEventListener('abort', giveUp)
      socket.destroy()
      resolve(keys)
    }
    const giveUp = (): void => finish(null)
    socket.on('error', giveUp)
    socket.on('close', giveUp)
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      if (answer.length > answerMaxBytes) giveUp()
      else if (answer.length >= 4 && answer.length >= 4 + answer.readUInt32BE(0)) finish(readAnswer(answer))
    })
    signal.addEventListener('abort', giveUp, { once: true })
    if (signal.aborted) giveUp()
    else socket.write(requestIdentities)
  })
}

/** `[u32 length][12][u32 keys]`, then each key and its comment as `[u32 length][bytes]`. */
function readAnswer(answer: Buffer): Buffer[] | null {
  if (answer.length < 9 || answer[4] !== identitiesAnswer) return null
  const strings: Buffer[] = []
  for (let at = 9; at + 4 <= answer.length;) {
    const end = at + 4 + answer.readUInt32BE(at)
    if (end > answer.length) return null
    strings.push(answer.subarray(at + 4, end))
    at = end
  }
  return strings.filter((_, index) => index % 2 === 0)
}
