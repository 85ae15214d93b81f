/**
 * Every error a user or a script can meet. The code is the contract; the message is free.
 */

/** Exit codes of the command contract. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  missing: 3,
  held: 4,
  integrity: 5,
  unreachable: 6,
  refused: 7,
  interrupted: 130,
} as const

export type ExitName = keyof typeof exitCodes

interface CodeSpec {
  readonly exit: ExitName
  /** Whether trying again without changing anything can succeed. */
  readonly retryable: boolean
  /** What the user does next, where the error itself names nothing better. */
  readonly next: string
}

const spec = (exit: ExitName, next: string, retryable = false): CodeSpec => ({ exit, retryable, next })

export const errorCodes = {
  STORE_IN_USE: spec(
    'failed',
    'Another Holdfast process has the store open. See `holdfast daemon status`.',
    true,
  ),
  STORE_NEWER: spec('failed', 'Install the newer Holdfast that wrote this store.'),
  STORE_DAMAGED: spec('integrity', 'Run `holdfast recover`.'),
  STORE_FAILED: spec('failed', 'The disk refused a write. Check it, then run `holdfast recover`.'),
  DISK_FULL: spec('failed', 'Free some space, then run `holdfast recover`.'),
  NOT_WRITABLE: spec(
    'refused',
    'Make the folder writable for this user, or set HOLDFAST_HOME to one that is.',
  ),
  NOT_PRIVATE: spec(
    'refused',
    'Only you may own this folder: `chmod 700` it, or set HOLDFAST_HOME elsewhere.',
  ),
  NOT_READABLE: spec('refused', 'Give this user read permission, then run `holdfast record`.'),
  CONFIG_INVALID: spec('usage', 'Edit the config file, or run `holdfast config unset KEY`.'),
  USAGE: spec('usage', 'See the command with --help.'),
  NOT_INITIALISED: spec('missing', 'Run `holdfast init` or `holdfast up`.'),
  SESSION_UNKNOWN: spec('missing', 'See `holdfast list` for what is recorded.'),
  SESSION_AMBIGUOUS: spec('usage', 'Give more of the session id, or its path.'),
  WHEN_INVALID: spec('usage', 'WHEN is host@N, an ISO time, or a duration ago such as 2h.'),
  HOST_UNKNOWN: spec('missing', 'See `holdfast host list`.'),
  ROOT_UNKNOWN: spec('missing', 'See `holdfast root list`.'),
  PROJECT_UNKNOWN: spec('missing', 'See `holdfast project list`.'),
  CONFLICT_UNKNOWN: spec('missing', 'See `holdfast conflicts`.'),
  CONFLICT_AMBIGUOUS: spec('usage', 'Give more of the conflict’s id.'),
  CONFLICT_CHANGED: spec('held', 'Look at it again with `holdfast conflicts show ID`.', true),
  ROOT_OFFLINE: spec('missing', 'Mount or recreate the folder, then run `holdfast record`.', true),
  DAEMON_NOT_RUNNING: spec('missing', 'Run `holdfast daemon start`.'),
  DAEMON_RUNNING: spec('failed', 'See `holdfast daemon status`.'),
  DAEMON_UNREACHABLE: spec(
    'failed',
    'See `holdfast daemon logs`; `holdfast daemon restart` starts it anew.',
    true,
  ),
  DAEMON_START_FAILED: spec('failed', 'See `holdfast daemon logs`.'),
  TARGET_EXISTS: spec('failed', 'Name an empty folder or one that does not exist yet.'),
  VERIFY_MISMATCH: spec('integrity', 'Run `holdfast recover`.'),
  CONFIRMATION_NEEDED: spec('usage', 'Say --yes to go ahead.'),
  INTERRUPTED: spec('interrupted', 'Run the command again; it goes on where it stopped.', true),
  PEER_INVALID: spec('integrity', 'Do not trust that peer’s copy: run `holdfast verify` there.'),
  PEER_UNKNOWN: spec('missing', 'See `holdfast peer list`.'),
  PEER_UNREACHABLE: spec('unreachable', 'Run `holdfast peer test NAME` to see what answers.', true),
  PEER_REFUSED: spec(
    'refused',
    'Check the key that the other host shows, then accept it with `holdfast peer add`.',
  ),
  ADDRESS_IN_USE: spec('failed', 'Name another port after --listen, or 0 for any that is free.', true),
  PROTOCOL: spec('failed', 'Both ends must be of compatible versions.'),
  INTERNAL: spec(
    'failed',
    'This is a fault in Holdfast. Run again with HOLDFAST_DEBUG=1 and report what it prints.',
  ),
} as const satisfies Record<string, CodeSpec>

export type ErrorCode = keyof typeof errorCodes

/** An error with a stable code, an exit code and the user's next step. */
export class HoldfastError extends Error {
  readonly code: ErrorCode
  readonly next: string

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; next?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'HoldfastError'
    this.code = code
    this.next = options.next ?? errorCodes[code].next
  }

  get exitCode(): number {
    return exitCodes[errorCodes[this.code].exit]
  }
}

/** For what only a bug can break. */
export function invariant(condition: unknown, what: string): asserts condition {
  if (!condition) throw new HoldfastError('INTERNAL', `invariant broken: ${what}`)
}
