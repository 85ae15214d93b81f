import { isIP, isIPv6 } from 'node:net'
import { HoldfastError } from '../engine/core/errors.js'

/** Where to listen. */
export interface ListenAddress {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

const loopback = '127.0.0.1'

/**
 * Reads `HOST:PORT`, `[IPV6]:PORT`, or a port alone, which is one of this machine's loopback: nobody else reaches it
 * unless another address is named. Throws USAGE.
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([^[\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text)
  const [, ipv6, name = '', digits = ''] = match ?? []
  const port = Number(digits)
  const host = ipv6 ?? (name === '' ? loopback : name)
  const isHost = ipv6 === undefined ? /^[A-Za-z0-9._-]+$/.test(host) : isIPv6(ipv6)
  if (match === null || port > 65_535 || !isHost)
    throw new HoldfastError('USAGE', `“${text}” is no address to listen at`, {
      next: 'Name HOST:PORT, for example 127.0.0.1:2222, [::1]:2222, or 0.0.0.0:2222 for every address.',
    })
  return { host, port }
}

/** Whether it stands for every address of the machine. */
export const isWildcard = (host: string): boolean => host === '0.0.0.0' || /^(?:0*:)+0*$/.test(host)

/** Whether only this machine reaches it. */
export const isLoopback = (host: string): boolean =>
  isIP(host) === 4 ? host.startsWith('127.') : host === '::1' || host === 'localhost'

/** `HOST:PORT`, with brackets where the host is an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** What the user of another machine types to have this one as a peer, and to trust this very key of its server. */
export function peerAddCommand(peer: {
  /** What this host is called. */
  readonly name: string
  /** By which the other machine reaches it. */
  readonly host: string
  readonly port: number
  readonly fingerprint: string
}): string {
  const name = peer.name.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
  const url = `ssh://${hostPort(peer.host, peer.port)}`
  // A shell takes brackets for a pattern.
  const quoted = url.includes('[') ? `'${url}'` : url
  return `holdfast peer add ${name.slice(0, 63) || 'peer'} ${quoted} --accept-host-key ${peer.fingerprint}`
}

/** What whoever starts the server should know about who can reach it and log in. */
export function listenWarnings(host: string, port: number, keys: number, file: string): string[] {
  const notes: string[] = []
  if (isWildcard(host))
    notes.push(
      `Warning: every address of this machine answers at port ${port}, those that the internet reaches included. ` +
        'Only authorized keys can log in; a firewall or one address of a private network keeps strangers away.',
    )
  if (isLoopback(host))
    notes.push(
      `Only this machine reaches ${hostPort(host, port)}: forward the port, or name another address after --listen.`,
    )
  if (keys === 0)
    notes.push(
      `Nobody can log in yet: add the other machine’s public key (such as ~/.ssh/id_ed25519.pub) to ${file}. It counts at once.`,
    )
  return notes
}
