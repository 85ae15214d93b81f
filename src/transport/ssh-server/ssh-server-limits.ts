/** Every bound of the embedded SSH server in one place. A unit is part of each name. */
export const sshServerLimits = {
  /** Connections that have logged in. One more is turned away. */
  connectionsMax: 64,
  /** Connections that have not logged in yet. One more displaces another: see `displaced`. */
  strangersMax: 16,
  /** From the first byte to a login. */
  loginWithinMs: 20_000,
  /** Keys that a client may try, those included that it only asks about: an agent may hold many. */
  loginTriesMax: 20,
  /** From a login, or the end of what was served, to what is to be served next. */
  idleMs: 60_000,
  /** Channels that one connection may open in its life, one at a time. */
  sessionsMax: 1000,
  /** How often a client that says nothing is asked whether it is there, and how often in vain. */
  keepAliveMs: 15_000,
  keepAliveMax: 3,
  /** What may wait for a slow reader before the far end is held back. */
  readAheadMaxBytes: 256 * 1024,
  /** Output goes to the connection in pieces of this size … */
  pieceMaxBytes: 64 * 1024,
  /** … and waits while so much is not yet taken by the network, whatever the client says that it takes. */
  unsentMaxBytes: 512 * 1024,
  /** A client that makes the server answer without end and reads nothing is cut off here. */
  repliesMaxBytes: 4 * 1024 * 1024,
  /** The longest command line that is looked at. */
  commandMaxBytes: 16 * 1024,
  /** How long a client may take to close a channel, and how long connections may take to end when the server does. */
  closeMs: 3_000,
} as const

export type SshServerLimits = { readonly [K in keyof typeof sshServerLimits]: number }
