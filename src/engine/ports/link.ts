/**
 * A byte stream both ways between two hosts: a command's stdio, a socket, a pipe in memory. It keeps order and says
 * where it ends; it neither frames nor checks.
 */
export interface Link {
  /** What the far end is called in messages to the user: a command, an address. */
  readonly name: string
  /**
   * Resolves when the link takes more: whoever awaits each call is held back by a slow far end. Calls that overlap keep
   * their order. The bytes must not change afterwards. Rejects with PEER_UNREACHABLE where the link is broken or the
   * far end is gone, and with INTERRUPTED after `close`.
   */
  send(bytes: Uint8Array): Promise<void>
  /**
   * What the far end sent, split anyhow. To be iterated once; a reader that pauses holds the far end back. Ends where
   * the far end closed, or at `close`; throws PEER_UNREACHABLE where the link broke.
   */
  readonly receive: AsyncIterable<Uint8Array>
  /**
   * Ends the link; a second call waits for the same end. `receive` ends at once. Without a reason, what was sent before
   * still arrives, what comes in is thrown away, and the promise resolves when the far end closed too, which may be never:
   * the caller bounds the wait. With a reason nothing is waited for, also where an earlier `close` waits. Never rejects.
   */
  close(reason?: Error): Promise<void>
}
