import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../fixtures-bin', import.meta.url))

/** A container as the stand-ins for `kubectl` and `docker` know it; they refuse what the real ones refuse. */
export interface StandInContainer {
  readonly name: string
  readonly home: string
  readonly env?: Readonly<Record<string, string>>
  /** False: an image without one. */
  readonly shell?: boolean
  readonly waiting?: boolean
  readonly state?: 'running' | 'paused' | 'exited'
}

export interface StandInPod {
  readonly namespace: string
  readonly name: string
  readonly owner?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  readonly containers: readonly StandInContainer[]
}

export interface StandInContext {
  readonly down?: boolean
  readonly forbidden?: boolean
  readonly pods?: readonly StandInPod[]
}

export interface Scene {
  readonly current?: string
  readonly contexts?: Readonly<Record<string, StandInContext>>
  /** The cluster never answers which pods there are. */
  readonly hangs?: boolean
  readonly down?: boolean
  readonly denied?: boolean
  readonly containers?: readonly StandInContainer[]
}

/** Puts the stand-ins first on the search path of this process, until it is disposed of. */
export class Containers {
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-containers-'))
  readonly #file = join(this.folder, 'scene.json')
  readonly #calls = join(this.folder, 'calls')
  readonly #path = process.env['PATH'] ?? ''

  constructor() {
    process.env['PATH'] = `${bin}${delimiter}${this.#path}`
    process.env['HOLDFAST_TEST_CONTAINERS'] = this.#file
    this.set({})
  }

  /** The search path with the stand-ins first. */
  get path(): string {
    return `${bin}${delimiter}${this.#path}`
  }

  /** What a process of its own needs to find them. */
  get env(): Record<string, string> {
    return { PATH: this.path, HOLDFAST_TEST_CONTAINERS: this.#file }
  }

  set(scene: Scene): void {
    writeFileSync(
      this.#file,
      JSON.stringify({ current: 'here', contexts: {}, containers: [], ...scene, calls: this.#calls }),
    )
    writeFileSync(this.#calls, '')
  }

  /** A folder to be a container's home. */
  home(name: string): string {
    const home = join(this.folder, name)
    mkdirSync(home, { recursive: true })
    return home
  }

  /** How the stand-ins were called since the last `set`. */
  calls(): string[][] {
    const lines = readFileSync(this.#calls, 'utf8').split('\n')
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as string[])
  }

  dispose(): void {
    process.env['PATH'] = this.#path
    delete process.env['HOLDFAST_TEST_CONTAINERS']
    rmSync(this.folder, { recursive: true, force: true })
  }
}
