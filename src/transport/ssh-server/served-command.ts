/** The subsystem by which a client can ask for the protocol without naming a program: `ssh -s HOST holdfast`. */
export const servedSubsystem = 'holdfast'

/** `serve --stdio` as two words of a command line: after a space, a quote or a brace, and up to the end of a word. */
const served = /(?:^|[\s"'`}\\])serve[ \t]+--stdio(?=$|[\s"'`;&|)}])/u

/**
 * Whether a command line means `holdfast serve --stdio`. Clients send what finds the program on a machine of any kind:
 * a path, a script that looks in several places. None of it is ever run, so it is only asked whether it holds the words
 * `serve --stdio` next to each other, and nothing that a command line can't hold.
 */
export function meansServe(command: string, maxBytes: number): boolean {
  if (Buffer.byteLength(command) > maxBytes || /[^\P{Cc}\n\t]/u.test(command)) return false
  return served.test(command)
}
