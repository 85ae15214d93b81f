import { HoldfastError } from '../../engine/core/errors.js'
import { printable } from '../sync/printable.js'
import { farFailure, lastLine, type FarEnd } from './far-end.js'
import { destinationText } from './ssh-destination.js'
import type { SshHost } from './ssh-host.js'

/** The exit code by which `ssh` says that it failed itself, not the command over there. */
const sshFailed = 255

/** What it means that the system's `ssh` ended so; undefined for a good end. */
export function systemFailure(
  name: string,
  host: SshHost,
  end: FarEnd,
  stderr: string,
  addCommand: string,
): HoldfastError | undefined {
  if (end.code !== sshFailed) return farFailure(name, end, stderr, addCommand)
  const by = destinationText(host.destination)
  const words = lastLine(stderr)
  const tryIt = `Run \`ssh ${by}\` once in a terminal`
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(stderr)) {
    const shown = /SHA256:[A-Za-z0-9+/]{43}/.exec(stderr)?.[0] ?? 'another key'
    const old = /Offending \S+ key in (.+:\d+)/.exec(stderr)?.[1]
    return refused(
      `THE HOST KEY OF ${name} HAS CHANGED: it shows ${shown}${old === undefined ? '' : `, and ${printable(old)} holds another`}. ` +
        'Something may stand in between, or that machine was set up anew',
      `Find out which. ${tryIt}: it says how the old key is removed.`,
    )
  }
  if (/revoked/i.test(stderr))
    return refused(`${name}: its host key was revoked: ${words}`, 'Do not connect.')
  if (/host key is known for|Host key verification failed/.test(stderr))
    return refused(
      `${name} shows a host key that is not known here: ${firstOf(stderr, /host key/i) ?? words}`,
      `${tryIt}, and compare the key that it shows.`,
    )
  if (
    /Permission denied|Too many authentication failures|no mutual signature|sign_and_send_pubkey/.test(stderr)
  )
    return refused(`${name} refused ${host.user}: ${words}`, `${tryIt}: it must get in without a password.`)
  return new HoldfastError('PEER_UNREACHABLE', `${name} is not reached: ${words || 'ssh failed'}`, {
    next: `${tryIt}: what that says holds for Holdfast, too.`,
  })
}

function refused(message: string, next: string): HoldfastError {
  return new HoldfastError('PEER_REFUSED', message, { next })
}

function firstOf(text: string, pattern: RegExp): string | undefined {
  const line = text.split(/[\r\n]+/).find((each) => pattern.test(each))
  return line === undefined ? undefined : printable(line)
}
