import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const ticketForMs = 60_000

/**
 * Who may see the page: whoever has the link that the command printed, and then a cookie that the link is exchanged
 * for. Cookies are told to every port of an address, so the page stands in a folder of a random name: the browser keeps
 * the cookie from whatever else listens on this machine.
 */
export class Access {
  /** The page's folder, with a slash at both ends. It is in the address bar and no secret. */
  readonly folder = `/${randomBytes(8).toString('hex')}/`
  readonly cookieName = 'holdfast-review'
  readonly #token = secret()
  readonly #session = secret()
  readonly #now: () => number
  #ticket: { readonly value: string; readonly endsMs: number } | null = null

  constructor(now: () => number) {
    this.#now = now
  }

  /** The secret of the link for people. It holds as long as the server runs. */
  get token(): string {
    return this.#token
  }

  /** A secret for one exchange within a minute: what other users may see among a program's arguments is soon worthless. */
  issueTicket(): string {
    const value = secret()
    this.#ticket = { value, endsMs: this.#now() + ticketForMs }
    return value
  }

  /** The cookie's value for a link's secret; null where it is none. */
  exchange(offered: string): string | null {
    if (isEqual(offered, this.#token)) return this.#session
    const ticket = this.#ticket
    if (!ticket || !isEqual(offered, ticket.value)) return null
    this.#ticket = null
    return this.#now() < ticket.endsMs ? this.#session : null
  }

  /** Whether a cookie's value is the one that the exchange gave. */
  admits(cookie: string | undefined): boolean {
    return cookie !== undefined && isEqual(cookie, this.#session)
  }
}

/** 256 bits, as text. */
function secret(): string {
  return randomBytes(32).toString('base64url')
}

/** In a time that tells nothing of where they differ, whatever the lengths. */
function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
