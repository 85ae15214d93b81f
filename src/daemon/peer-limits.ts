/** Every bound of the connections to peers in one place. A unit is part of each name. */
export const peerLimits = {
  /** Waits after an attempt that failed, or a session that ended early. */
  retry: { firstMs: 250, maxMs: 60_000, factor: 2 },
  /** Waits where a person has to do something first: another key, no permission, another version. */
  refused: { firstMs: 60_000, maxMs: 30 * 60_000, factor: 2 },
  /** A session that was live for so long counts as a good one: the next wait is a first one. */
  steadyAfterMs: 30_000,
  /** A daemon that ends may be about to start anew: until then its store would be opened, and kept, for this session. */
  afterShutdownMs: 3_000,
  /** How often a peer is met that can't stay connected, as no daemon runs there. */
  revisitEveryMs: 30_000,
  /** How often the wall clock is looked at. */
  tickEveryMs: 5_000,
  /** The wall clock went so much further than the timer: the machine slept, and its links are dead. */
  jumpMinMs: 20_000,
  /** Sessions that peers opened and that are served at once; one more is refused. */
  inboundMax: 32,
  /** How long the end of all connections may take when the daemon stops. */
  stopWithinMs: 8_000,
} as const

export type PeerLimits = {
  readonly [K in keyof typeof peerLimits]: (typeof peerLimits)[K] extends number
    ? number
    : { readonly firstMs: number; readonly maxMs: number; readonly factor: number }
}
