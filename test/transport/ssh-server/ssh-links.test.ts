import type { Client, ClientChannel } from 'ssh2'
import { startCommand } from '../../../src/platform/node-command.js'
import { systemClock } from '../../../src/platform/system-clock.js'
import type { StartedCommand } from '../../../src/transport/links/exec-link.js'
import { openExecLink } from '../../../src/transport/links/exec-link.js'
import { StdioLink } from '../../../src/transport/links/stdio-link.js'
import type { ServedChannel } from '../../../src/transport/ssh-server/ssh-connection.js'
import { needs } from '../../needs.js'
import { linkSuite } from '../../suites/link-suite.js'
import type { LinkWorld } from '../../suites/link-suite.js'
import { SshWorld } from './ssh-world.js'

/** A server whose one served channel is held, as the far end, until it is disposed of. */
async function held(): Promise<{
  world: SshWorld
  served: Promise<ServedChannel>
  dispose: () => Promise<void>
}> {
  let accept: (channel: ServedChannel) => void = () => undefined
  let release: () => void = () => undefined
  const served = new Promise<ServedChannel>((resolve) => {
    accept = resolve
  })
  const over = new Promise<void>((resolve) => {
    release = resolve
  })
  const world = await SshWorld.open({
    serve: async (channel) => {
      accept(channel)
      await over
      return { exitCode: 0, words: '' }
    },
  })
  return {
    world,
    served,
    dispose: () => {
      release()
      return world.dispose()
    },
  }
}

async function opensshWorld(): Promise<LinkWorld> {
  const { world, served, dispose } = await held()
  let started: StartedCommand | undefined
  const near = openExecLink({
    command: `exec ${world.ssh().join(' ')} holdfast serve --stdio`,
    clock: systemClock,
    start: (command) => {
      started = startCommand(command)
      return started
    },
  })
  const { link: far } = await served
  return { near, far, cut: () => started?.kill(true), dispose }
}

async function libraryWorld(): Promise<LinkWorld> {
  const { world, served, dispose } = await held()
  const client: Client = await world.connect()
  client.on('error', () => undefined)
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.subsys('holdfast', (error, opened) => (error ? reject(error) : resolve(opened)))
  })
  const { link: far } = await served
  const near = new StdioLink('the server', channel, channel)
  return { near, far, cut: () => client.destroy(), dispose }
}

needs('ssh').describe('the served end, reached by OpenSSH', () => {
  linkSuite('the ssh command', opensshWorld)
})
linkSuite('ssh2’s client', libraryWorld)
