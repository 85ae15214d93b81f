/** A small file of the user's. */
export interface SshFile {
  readonly bytes: Buffer
  /** Whether others than its owner may read or change it. */
  readonly openToOthers: boolean
}

/** What an SSH client needs of the machine and the user that it acts for. */
export interface SshMachine {
  readonly userName: string
  /** The home folder that `ssh` itself takes `~` for. */
  readonly home: string
  readonly hostName: string
  env(name: string): string | undefined
  /** A file's content; null where it is missing, can't be read, or is absurdly large. Never throws. */
  readFile(path: string): Promise<SshFile | null>
  /**
   * What `ssh -G` prints for these arguments; null where no `ssh` is installed. Throws CONFIG_INVALID in its own words
   * where it refuses.
   */
  effectiveConfig(args: readonly string[]): Promise<string | null>
  /** HMAC-SHA1, by which known_hosts hides names. */
  hmacSha1(key: Uint8Array, text: string): Uint8Array
  sha256(bytes: Uint8Array): Uint8Array
}
