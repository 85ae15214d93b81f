import type { NewFile, WritableFiles } from '../../src/engine/ports/files.js'

export class Killed extends Error {}

/**
 * Files whose process dies before their step number `last`; nothing reaches the disk afterwards. An append that is cut
 * short this way may have half of its bytes on the disk.
 */
export function mortalFiles(
  files: WritableFiles,
  last: number,
): { files: WritableFiles; steps: () => number } {
  let steps = 0
  const step = <T>(act: () => T, half: () => void = () => undefined): T => {
    steps += 1
    if (steps === last) half()
    if (steps >= last) throw new Killed()
    return act()
  }
  const newFile = (file: NewFile): NewFile => ({
    write: (bytes) => step(() => file.write(bytes)),
    finish: (sync) => step(() => file.finish(sync)),
    abandon: () => step(() => file.abandon()),
  })
  const mortal: WritableFiles = {
    stat: (path) => files.stat(path),
    list: (path) => files.list(path),
    open: (path) => files.open(path),
    makeDirectory: (path) => step(() => files.makeDirectory(path)),
    create: (path, mode) => newFile(step(() => files.create(path, mode))),
    rename: (from, to) => step(() => files.rename(from, to)),
    remove: (path) => step(() => files.remove(path)),
    append: (path, bytes) =>
      step(
        () => files.append(path, bytes),
        () => void files.append(path, bytes.subarray(0, bytes.length >> 1)),
      ),
    link: (from, to) => step(() => files.link(from, to)),
    place: (from, to) => step(() => files.place(from, to)),
  }
  return { files: mortal, steps: () => steps }
}
