import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie } from 'hono/cookie'
import type { Access } from './access.js'
import { refusedPage } from './document.js'

/** The largest request body: a choice with its names. */
export const bodyMaxBytes = 16 * 1024

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const headers: readonly (readonly [string, string])[] = [
  ['Content-Security-Policy', policy],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Cache-Control', 'no-store'],
]

/** On every answer, refusals included. */
export const withHeaders: MiddlewareHandler = async (context, next) => {
  await next()
  for (const [name, value] of headers) context.res.headers.set(name, value)
}

/** Only requests that name this machine itself: a foreign name that was made to point here is refused. */
export function loopbackOnly(port: () => number): MiddlewareHandler {
  return async (context, next) => {
    const host = context.req.header('host')
    if (host !== `127.0.0.1:${port()}` && host !== `localhost:${port()}`)
      return refuse(context, 'HOST_REFUSED', 'This page answers only at the address that it was opened at.')
    await next()
  }
}

/**
 * What may change something comes from the page itself: from its origin, as JSON, and small. What may only be read is
 * not given to other sites’ scripts either.
 */
export const ownOrigin: MiddlewareHandler = async (context, next) => {
  const { req } = context
  const site = req.header('sec-fetch-site')
  const reading = req.method === 'GET' || req.method === 'HEAD'
  const foreign = site !== undefined && site !== 'same-origin' && !(reading && site === 'none')
  if (foreign && !isNavigation(context))
    return refuse(context, 'ORIGIN_REFUSED', 'Another site asked for this.')
  if (reading) return next()
  if (foreign || req.header('origin') !== `http://${req.header('host')}`)
    return refuse(context, 'ORIGIN_REFUSED', 'Only the page itself may ask for this.')
  const type = req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/json') return context.json(failure('NOT_JSON', 'A request must be JSON.'), 415)
  await next()
}

/** Somebody opens the page, by a link or by hand: that gives the asking site nothing to read. */
function isNavigation({ req }: Context): boolean {
  return req.method === 'GET' && req.header('sec-fetch-mode') === 'navigate'
}

export const boundedBody = bodyLimit({
  maxSize: bodyMaxBytes,
  onError: (context) => context.json(failure('TOO_LARGE', 'The request is too large.'), 413),
})

/** Only whoever has exchanged the link for the cookie. `onAdmitted` hears of everyone who has. */
export function admitted(access: Access, onAdmitted: () => void): MiddlewareHandler {
  return async (context, next) => {
    if (!access.admits(getCookie(context, access.cookieName)))
      return refuse(context, 'TOKEN_REFUSED', 'Open the link that `holdfast review` printed.')
    onAdmitted()
    await next()
  }
}

function refuse(context: Context, code: string, message: string): Response | Promise<Response> {
  if (isNavigation(context) || context.req.header('accept')?.includes('text/html'))
    return context.html(refusedPage(message, code === 'TOKEN_REFUSED'), 403)
  return context.json(failure(code, message), 403)
}

function failure(code: string, message: string) {
  return { error: { code, message, next: 'Reload the page.' } }
}
