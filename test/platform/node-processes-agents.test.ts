import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProcesses } from '../../src/platform/node-processes.js'
import { agentsByProc, parseStat } from '../../src/platform/process-proc.js'
import { parsePs, type Run } from '../../src/platform/process-ps.js'
import { makeTempFolder, removeTempFolder } from './temp-folder.js'

const onLinux = process.platform === 'linux'

let folder: string
beforeEach(() => {
  folder = makeTempFolder()
})
afterEach(() => removeTempFolder(folder))

describe.runIf(onLinux)('agents, by the real /proc', () => {
  const children: ChildProcess[] = []
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  })

  const start = async (argv0: string, script: string, args: readonly string[] = []): Promise<number> => {
    const child = spawn(
      process.execPath,
      ['-e', `${script};console.log(1);process.stdin.resume()`, '--', ...args],
      {
        argv0,
        cwd: folder,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    children.push(child)
    await once(child.stdout, 'data')
    return child.pid!
  }
  const agent = (pid: number, also: number[] = []) =>
    createProcesses()
      .agents(also)
      .list.find((each) => each.pid === pid)

  it('finds one by its name, with folder, start and arguments', async () => {
    const before = Date.now()
    const pid = await start('claude', '0', ['--resume', 'some-session'])
    const found = agent(pid)
    expect(found).toMatchObject({ agent: 'claude', cwd: folder })
    expect(found?.args.slice(-2)).toEqual(['--resume', 'some-session'])
    expect(found?.startedMs).toBeGreaterThan(before - 200)
    expect(found?.startedMs).toBeLessThan(Date.now() + 200)
  })

  it('finds one by its title', async () => {
    const pid = await start('node', 'process.title = "codex"', ['an', 'argument', 'or', 'two'])
    expect(agent(pid)).toMatchObject({ agent: 'codex', args: [], cwd: folder })
  })

  it('tells of others only where asked, and never of itself or of one that ended', async () => {
    const pid = await start('node', '0')
    expect(agent(pid)).toBeUndefined()
    expect(agent(pid, [pid])).toMatchObject({ agent: null, cwd: folder })
    expect(agent(process.pid, [process.pid])).toBeUndefined()
    const [child] = children
    child?.kill('SIGKILL')
    await once(child!, 'exit')
    expect(agent(pid, [pid])).toBeUndefined()
  })
})

describe('agents, by a /proc as it may be', () => {
  const nowMs = 1_800_000_000_000
  const add = (pid: number, name: string, cmdline: string, state = 'S', ticks = 5000): void => {
    mkdirSync(join(folder, String(pid)))
    const numbers = Array.from({ length: 30 }, (_, at) => (at === 18 ? ticks : 0))
    writeFileSync(join(folder, `${pid}/stat`), `${pid} (${name}) ${state} ${numbers.join(' ')}\n`)
    writeFileSync(join(folder, `${pid}/cmdline`), cmdline)
    symlinkSync('/home/me/x (deleted)', join(folder, `${pid}/cwd`))
  }
  const list = () => agentsByProc(new Set([3, 4]), folder, nowMs)?.list

  it('reads titles, and passes over threads of the kernel and what ended', () => {
    writeFileSync(join(folder, 'uptime'), '100.50 10.00\n')
    add(20, 'node) x (', 'claude\0\0\0\0\0\0')
    add(10, 'codex', '/usr/bin/codex\0resume\0\0')
    add(3, 'claude', '')
    add(4, 'claude', 'claude\0', 'Z')
    add(5, 'bash', 'bash\0')
    expect(list()).toEqual([
      { pid: 10, agent: 'codex', args: ['resume'], cwd: '/home/me/x', startedMs: nowMs - 50_500 },
      { pid: 20, agent: 'claude', args: [], cwd: '/home/me/x', startedMs: nowMs - 50_500 },
    ])
  })

  it('reads arguments behind a long one', () => {
    add(20, 'claude', `claude\0-p\0${'long '.repeat(4000)}\0--resume\0some-session\0`)
    expect(list()?.[0]?.args.at(-1)).toBe('some-session')
  })

  it('knows no start where the uptime is missing, or a container’s', () => {
    add(20, 'claude', 'claude\0')
    expect(list()?.[0]?.startedMs).toBeNull()
    writeFileSync(join(folder, 'uptime'), '10.00 10.00\n')
    expect(list()?.[0]?.startedMs).toBeNull()
  })

  it('reads a stat line whatever the name, and nothing else', () => {
    const fields = Array.from({ length: 30 }, (_, at) => at).join(' ')
    expect(parseStat(`7 (a b) (c)) R ${fields}`)).toEqual({ name: 'a b) (c)', state: 'R', startTicks: 18 })
    expect(parseStat('')).toBeNull()
    expect(parseStat('7 (x) R 1 2')).toBeNull()
  })
})

describe('agents, where there is no /proc', () => {
  const psOutput = [
    '    1 Thu Jun 11 08:00:01 2026 /sbin/launchd',
    '50224 Thu Jun 11 21:53:36 2026 claude --resume c172c2e6-aa5f-4a18-9e1c-a04d200f3239',
    '  301 Mon Jun  1 09:05:00 2026 /Users/me/My Tools/bin/codex exec resume x',
    '  302 Mon Jun  1 09:05:00 2026 /Applications/Claude.app/Contents/MacOS/Claude',
    `${String(process.pid)} Mon Jun  1 09:05:00 2026 claude`,
    '  400 Mon Jun  1 09:05:00 2026 node server.js',
    '',
  ].join('\n')

  it('asks ps, and lsof once for all folders', () => {
    const calls: string[] = []
    const run: Run = (command, args) => {
      calls.push([command, ...args].join(' '))
      return {
        stdout: command === 'ps' ? psOutput : 'p301\nfcwd\nn/Users/me/b\np50224\nfcwd\nn/Users/me/a\n',
      }
    }
    const agents = createProcesses({ platform: 'darwin', run }).agents([400, 9999])
    const resumed = ['--resume', 'c172c2e6-aa5f-4a18-9e1c-a04d200f3239']
    const startedMs = new Date(2026, 5, 1, 9, 5).getTime()
    expect(agents).toEqual({
      known: true,
      list: [
        { pid: 301, agent: 'codex', args: ['exec', 'resume', 'x'], cwd: '/Users/me/b', startedMs },
        { pid: 400, agent: null, args: ['server.js'], cwd: null, startedMs },
        {
          pid: 50224,
          agent: 'claude',
          args: resumed,
          cwd: '/Users/me/a',
          startedMs: new Date(2026, 5, 11, 21, 53, 36).getTime(),
        },
      ],
    })
    expect(calls).toEqual([
      'ps -axww -o pid=,lstart=,command=',
      'lsof -w -n -P -a -d cwd -p 50224,301,400 -Fpn',
    ])
  })

  it('knows nothing without ps, and on other systems', () => {
    const unknown = { known: false, list: [] }
    expect(createProcesses({ platform: 'darwin', run: () => undefined }).agents()).toEqual(unknown)
    expect(createProcesses({ platform: 'win32' }).agents([1])).toEqual(unknown)
    expect(createProcesses({ platform: 'linux', procFolder: folder }).agents()).toEqual(unknown)
  })

  it('passes over lines that are none', () => {
    expect(parsePs('PID STARTED COMMAND\n\nx y z\n')).toEqual([])
  })
})
