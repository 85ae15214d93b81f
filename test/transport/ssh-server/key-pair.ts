import ssh2 from 'ssh2'

export interface KeyPair {
  /** In OpenSSH's format. */
  readonly private: string
  /** A line of a list of keys. */
  readonly public: string
}

/** A key of a client. One in 256 that the library makes can't be read; such a one is made anew. */
export function clientKey(comment = ''): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (!(ssh2.utils.parseKey(pair.public) instanceof Error)) return pair
  }
}
