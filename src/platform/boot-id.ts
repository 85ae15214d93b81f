import { readFileSync } from 'node:fs'
import { uptime } from 'node:os'

/**
 * Tells one run of this machine from the next: another value means that it was started anew, so that what was not
 * synced before may be gone. Elsewhere than on Linux it is the minute of the start, which may differ by one without a
 * restart: who asks then looks closer than needed.
 */
export function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return `minute ${Math.round((Date.now() / 1000 - uptime()) / 60)}`
  }
}
