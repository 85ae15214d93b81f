/** Every bound of recording in one place. A unit is part of each name. */
export const limits = {
  /** The most bytes that one append event carries; larger changes become several events. */
  extentMaxBytes: 512 * 1024,
  /** The most payload that one synced batch carries. One extent always fits. */
  batchMaxBytes: 4 * 1024 * 1024,
  /** The most payload that may wait for a batch before recording pauses. */
  queueMaxBytes: 8 * 1024 * 1024,
  /** The most bytes before the cursor whose hash is compared at every observation. */
  tailMaxBytes: 1024,
  /** A small state file larger than this is recorded as extents. */
  stateFileMaxBytes: 256 * 1024,
  /** A path longer than this is reported, not recorded. */
  pathMaxBytes: 4096,
  /** The most entries below one root; the rest is reported. */
  rootMaxFiles: 1_000_000,
  /** Directory levels below a root that are looked into. */
  rootMaxDepth: 32,
} as const

export type Limits = { readonly [K in keyof typeof limits]: number }
