import type { Event } from '../../../src/engine/core/event.js'
import { holds } from '../failure.js'

/**
 * `echo-free`: what recovery puts into a file is never recorded as somebody's append. Told of every file that Holdfast
 * puts in place, of every change that anybody else makes, and of every acknowledged event.
 */
export class EchoFree {
  /** Files as Holdfast left them, by `root/path`, untouched by anybody since. */
  readonly #own = new Map<string, Buffer>()

  /** Holdfast put this content in place. */
  wrote(root: string, path: string, bytes: Buffer): void {
    this.#own.set(`${root}/${path}`, bytes)
  }

  /** Holdfast added this to what stands there. */
  added(root: string, path: string, bytes: Buffer): void {
    const before = this.#own.get(`${root}/${path}`) ?? Buffer.alloc(0)
    this.#own.set(`${root}/${path}`, Buffer.concat([before, bytes]))
  }

  /** Somebody else changed what is at the path: what is recorded now may be theirs. */
  touched(root: string, path: string): void {
    this.#own.delete(`${root}/${path}`)
  }

  forget(): void {
    this.#own.clear()
  }

  /** Forgets the files that are not as Holdfast left them any more. `now` gives what stands there. */
  review(now: (root: string, path: string) => Buffer | undefined): void {
    for (const [place, bytes] of this.#own) {
      const at = place.indexOf('/')
      if (!now(place.slice(0, at), place.slice(at + 1))?.equals(bytes)) this.#own.delete(place)
    }
  }

  /** An event of the file was acknowledged. */
  recorded({ body }: Event): void {
    if (body.kind !== 'append' && body.kind !== 'file') return
    const { root, path } = body.file
    const own = this.#own.get(`${root}/${path}`)
    if (!own || body.bytes.length === 0) return
    const echoed = own.includes(Buffer.from(body.bytes))
    holds(
      !echoed,
      'echo-free',
      () => `${root}/${path}: ${body.bytes.length} bytes that Holdfast wrote are recorded anew`,
    )
  }
}
