import { afterEach } from 'vitest'
import { createControlServer } from '../../src/daemon/control-server.js'
import type { ControlServer } from '../../src/daemon/control-server.js'
import { findHome } from '../../src/daemon/home.js'
import type { Operations } from '../../src/daemon/operation.js'
import { prepareHome } from '../../src/daemon/private-folder.js'
import { socketPlace } from '../../src/daemon/socket-path.js'

const servers: ControlServer[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** Answers commands of this environment in place of a daemon, with results that a real one rarely has. */
export async function fakeDaemon(
  env: Readonly<Record<string, string>>,
  results: Readonly<Record<string, unknown>>,
): Promise<ControlServer> {
  const home = findHome(env)
  prepareHome(home)
  const operations: Operations<null> = Object.fromEntries(
    Object.entries(results).map(([name, result]) => [name, () => Promise.resolve(result)]),
  )
  const server = await createControlServer({
    socketPath: socketPlace(home, env).path,
    operations,
    runtime: null,
    version: '9.9.9',
    sinceMs: 0,
  })
  servers.push(server)
  return server
}
