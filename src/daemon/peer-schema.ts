import * as v from 'valibot'

/** What the config file may say about one peer. */
export const peerEntry = v.strictObject({
  name: v.pipe(
    v.string('must be a name'),
    v.regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
      'must be up to 63 letters, digits, dots, dashes and underscores',
    ),
  ),
  url: v.pipe(
    v.string('must be an address'),
    v.nonEmpty('must be an address'),
    v.maxLength(8192, 'is too long'),
  ),
  /** push: nothing is taken from it; pull: nothing is given to it. */
  direction: v.optional(v.picklist(['both', 'push', 'pull'], 'must be both, push or pull'), 'both'),
  /** Only these projects, by name or folder; none named: all. */
  projects: v.exactOptional(
    v.pipe(
      v.array(
        v.pipe(v.string('must be a name'), v.nonEmpty('must be a name'), v.maxLength(4096, 'is too long')),
      ),
      v.maxLength(1000, 'are too many'),
    ),
  ),
  /** How Holdfast is run over there, where it is not found by itself; the shell there reads it. */
  holdfastPath: v.exactOptional(
    v.pipe(
      v.string('must be a command'),
      v.regex(/^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$/u, 'must be a command in one line'),
      v.maxLength(4096, 'is too long'),
    ),
  ),
  /** Fingerprint of the peer's key, from the first time that it was met. */
  key: v.exactOptional(
    v.pipe(v.string('must be a fingerprint'), v.regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a fingerprint')),
  ),
})
