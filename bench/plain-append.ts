import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'

/** Whoever appends these to a file and syncs it once has made them durable: the least that any log must do. */
export class PlainAppend {
  readonly #file: number

  /** @param path created where it is missing */
  constructor(path: string) {
    this.#file = openSync(path, 'a+')
  }

  /** One write for each, one fdatasync for all. */
  append(payloads: readonly Uint8Array[]): void {
    for (const payload of payloads) writeSync(this.#file, payload)
    fdatasyncSync(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }
}
