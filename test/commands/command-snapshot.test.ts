import { fileURLToPath } from 'node:url'
import { Config } from '@oclif/core/config'
import type { Command } from '@oclif/core/command'
import { describe, expect, it } from 'vitest'

/** What scripts rely on: names, aliases, arguments and flags. `npx vitest run test/commands -u` takes a change. */
describe('the command line', () => {
  it('is as it was pinned, command by command', async () => {
    const config = await Config.load(fileURLToPath(new URL('../..', import.meta.url)))
    const own = config.commands.filter(
      ({ pluginName, id, aliases }) => pluginName === 'holdfast' && !aliases.includes(id),
    )
    const text = own
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(describeCommand)
      .join('\n')
    await expect(text).toMatchFileSnapshot('command-snapshot.txt')
  })

  it('has a summary and examples for every command', async () => {
    const config = await Config.load(fileURLToPath(new URL('../..', import.meta.url)))
    const lacking = config.commands.filter(
      ({ pluginName, summary, examples }) => pluginName === 'holdfast' && !(summary && examples?.length),
    )
    expect(lacking.map(({ id }) => id)).toEqual([])
  })
})

/** `replay [SESSION]`, then a line for the aliases and one for each flag. */
function describeCommand({ id, aliases, args, flags }: Command.Loadable): string {
  const names = Object.entries(args).map(([name, { required }]) =>
    required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
  )
  const lines = [[id.replaceAll(':', ' '), ...names].join(' ')]
  if (aliases.length > 0)
    lines.push(`  also: ${aliases.map((alias) => alias.replaceAll(':', ' ')).join(', ')}`)
  for (const [name, flag] of Object.entries(flags).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const char = flag.char === undefined ? '' : `-${flag.char}, `
    const value = flag.type === 'option' ? ` VALUE${flag.multiple ? '…' : ''}` : ''
    const options = flag.type === 'option' && flag.options ? ` (${flag.options.join('|')})` : ''
    const marks = `${flag.required ? ' required' : ''}${flag.hidden ? ' hidden' : ''}`
    lines.push(`  ${char}--${name}${value}${options}${marks}`)
  }
  return `${lines.join('\n')}\n`
}
