/** Every bound of a sync session in one place. A unit is part of each name. */
export const syncLimits = {
  /** The most bytes of one frame's payload, and of one run of events once unpacked. */
  frameMaxBytes: 16 * 1024 * 1024,
  /** The same before the peer has proved who it is. */
  strangerFrameMaxBytes: 8 * 1024,
  /** Unpacked bytes of events that may be on their way to this host and not yet durable here. */
  windowBytes: 16 * 1024 * 1024,
  /** Runs that may be on their way and not yet acknowledged. */
  windowRuns: 1024,
  /** The most events and stubs of one run. */
  runMaxEvents: 262_144,
  /** A frame of haves or wants is closed at this size, unless a single log is larger. */
  listFrameBytes: 256 * 1024,
  /** Projects, or sessions, that a filter may name, and how long a name may be. */
  filterMaxNames: 256,
  filterNameMaxChars: 4096,
  /** Logs of one have-set. */
  haveMaxLogs: 16_384,
  /** Ranges told of one log; of the rest nothing is said until holes are filled. */
  logMaxRanges: 16_384,
  /** Ranges of a whole have-set. */
  haveMaxRanges: 262_144,
  /** Questions for a chain that the peer may have open. */
  chainQuestionsMax: 64,
  /** Answers and acknowledgements that wait for a peer that does not read. */
  controlQueueMaxBytes: 4 * 1024 * 1024,
  /** Bodies smaller than this are sent as they are. */
  compressMinBytes: 256,
  /** From the first byte to a proof. */
  handshakeMs: 30_000,
  /** Silence after which this host asks whether the peer is alive. */
  pingAfterMs: 15_000,
  /** Silence after which the peer is given up. */
  deadAfterMs: 45_000,
  /** How long a peer that owes something may only say that it is alive. */
  stallMs: 180_000,
  /** How long a peer that sent everything may work on what is new before it says that it is settled. */
  settleMs: 6 * 3_600_000,
  /** How long the end of a session may take. */
  closeMs: 5_000,
  /** How often a live session notes what both ends hold, where that changed. */
  memoryEveryMs: 60_000,
} as const

export type SyncLimits = { readonly [K in keyof typeof syncLimits]: number }
