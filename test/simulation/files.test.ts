import { describe, expect, it } from 'vitest'

import { SeededRandom } from '../fixtures-gen/random.js'
import { filesSuite } from '../suites/files-suite.js'
import { VirtualTime } from './clock.js'
import { Disk } from './disk.js'
import { simulatedFiles } from './files.js'
import { losePower } from './power-loss.js'

const folder = '/home/user/folder'
const noHooks = { point: () => undefined, refuse: () => undefined, onReplace: () => undefined }

function makeDisk(seed: number, reuseChance = 0.5) {
  const time = new VirtualTime(1_700_000_000_000)
  const random = new SeededRandom(seed)
  const disk = new Disk(time, random, { tickMs: 4, births: true, reuseChance })
  disk.makeFolders(folder)
  return { time, random, disk, files: simulatedFiles(disk, noHooks) }
}

filesSuite('a simulated disk', () => {
  const { disk, files } = makeDisk(1)
  const inodeAt = (path: string) => disk.find(path)!
  return {
    files,
    folder,
    write: (path, text) => {
      const there = disk.find(path)
      if (there) disk.write(there, Buffer.from(text), path)
      else disk.make(path, 'file', 0o644, Buffer.from(text))
    },
    append: (path, text) => {
      const inode = inodeAt(path)
      disk.write(inode, Buffer.concat([inode.bytes, Buffer.from(text)]), path)
    },
    truncate: (path, length) => disk.write(inodeAt(path), inodeAt(path).bytes.subarray(0, length), path),
    makeLink: (target, path) => {
      disk.make(path, 'link', 0o777, Buffer.from(target))
    },
    makeHardLink: (target, path) => disk.link(inodeAt(target), path),
    makePipe: (path) => {
      disk.make(path, 'other')
    },
    makeUndecodable: (path) => {
      inodeAt(path).undecodable.push('\\xff')
      return '\\xff'
    },
    withoutPermission: (path, body) => {
      inodeAt(path).denied = true
      body()
      inodeAt(path).denied = false
    },
    dispose: () => undefined,
  }
})

describe('a simulated power loss', () => {
  const text = 'x'.repeat(3000)

  /** What is left of a file over many seeds, as `missing`, or its bytes with NULs counted. */
  function outcomes(prepare: (at: ReturnType<typeof makeDisk>) => void): Set<string> {
    const found = new Set<string>()
    for (let seed = 0; seed < 80; seed += 1) {
      const at = makeDisk(seed)
      prepare(at)
      losePower(at.disk, at.random, at.time.nowMs, 512)
      const inode = at.disk.find(`${folder}/file`)
      const nuls = inode?.bytes.filter((byte) => byte === 0).length ?? 0
      if (!inode) found.add('missing')
      else if (nuls > 0) found.add('nuls')
      else found.add(inode.bytes.length === text.length ? 'whole' : 'shorter')
    }
    return found
  }

  it('may take names and bytes that nobody synced', () => {
    const write = ({ disk }: ReturnType<typeof makeDisk>) => {
      disk.make(`${folder}/file`, 'file', 0o600, Buffer.from(text))
    }
    expect(outcomes(write)).toEqual(new Set(['missing', 'nuls', 'shorter', 'whole']))
  })

  it('leaves what was written and renamed through the port', () => {
    const write = ({ files }: ReturnType<typeof makeDisk>) => {
      const file = files.create(`${folder}/new`)
      file.write(Buffer.from(text))
      file.finish()
      files.rename(`${folder}/new`, `${folder}/file`)
    }
    expect(outcomes(write)).toEqual(new Set(['whole']))
  })

  it('leaves what the system had half a minute to write', () => {
    const write = ({ disk, time }: ReturnType<typeof makeDisk>) => {
      disk.make(`${folder}/file`, 'file', 0o600, Buffer.from(text))
      time.pass(31_000)
    }
    expect(outcomes(write)).toEqual(new Set(['whole']))
  })

  it('brings back the old file where a replacing rename was not synced', () => {
    const write = ({ disk, time }: ReturnType<typeof makeDisk>) => {
      disk.make(`${folder}/file`, 'file', 0o600, Buffer.from('old'))
      time.pass(31_000)
      const next = disk.make(`${folder}/next`, 'file', 0o600, Buffer.from(text))
      disk.syncFile(next)
      disk.rename(`${folder}/next`, `${folder}/file`)
    }
    expect(outcomes(write)).toEqual(new Set(['shorter', 'whole']))
  })

  it('uses the numbers of deleted files again', () => {
    const { disk } = makeDisk(7, 1)
    const { ino } = disk.make(`${folder}/one`, 'file')
    disk.remove(`${folder}/one`)
    expect(disk.make(`${folder}/two`, 'file').ino).toBe(ino)
  })
})
