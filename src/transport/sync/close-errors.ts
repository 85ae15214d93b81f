import { HoldfastError } from '../../engine/core/errors.js'
import type { CloseCode } from './messages.js'
import { printable } from './printable.js'

/** What the peer is told when a session ends with this error. */
export function closeFor(error: unknown): { readonly code: CloseCode; readonly text: string } {
  if (!(error instanceof HoldfastError)) return { code: 'fault', text: 'an unexpected fault' }
  switch (error.code) {
    case 'PROTOCOL':
      return { code: 'protocol', text: error.message }
    case 'PEER_REFUSED':
      return { code: 'refused', text: error.message }
    case 'PEER_INVALID':
      return { code: 'invalid', text: error.message }
    case 'PEER_UNREACHABLE':
      return { code: 'idle', text: error.message }
    case 'INTERRUPTED':
      return { code: 'shutdown', text: '' }
    default:
      // Messages of other errors may name this host's files.
      return { code: 'fault', text: error.code }
  }
}

/** What it means here that the peer ended the session. */
export function closedByPeer(code: CloseCode, text: string): HoldfastError {
  const said = text === '' ? '' : `: ${printable(text)}`
  switch (code) {
    case 'done':
      return new HoldfastError('PROTOCOL', 'the peer ended the session too early')
    case 'protocol':
      return new HoldfastError('PROTOCOL', `the peer could not follow this host${said}`)
    case 'refused':
      return new HoldfastError('PEER_REFUSED', `the peer refused${said}`, {
        next: 'Accept this host’s key there with `holdfast peer add`.',
      })
    case 'invalid':
      return new HoldfastError('PEER_INVALID', `the peer found that what it got can’t be true${said}`, {
        next: 'Run `holdfast verify` on both hosts.',
      })
    case 'idle':
      return new HoldfastError('PEER_UNREACHABLE', `the peer gave up waiting${said}`)
    case 'shutdown':
      return new HoldfastError('PEER_UNREACHABLE', 'the peer is shutting down')
    case 'fault':
      return new HoldfastError('PEER_UNREACHABLE', `the peer failed${said}`, {
        next: 'See `holdfast daemon logs` there.',
      })
  }
}
