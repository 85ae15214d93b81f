/** Hash functions. Pure; the same everywhere. */
export interface Hasher {
  /** SHA-256, 32 bytes. For whatever is signed, compared with peers, or could be forged. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array
  /** xxh64 with seed 0. Fast; no defence against an adversary. At most 64 MB at once. */
  xxh64(bytes: Uint8Array): bigint
}
