import { startProgram } from './start-program.js'

/** Runs a command line by `sh -c` with pipes. A command that can't be started ends with an error; nothing throws. */
export function startCommand(command: string): ReturnType<typeof startProgram> {
  return startProgram(['sh', '-c', command])
}
