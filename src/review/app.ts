import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import type { Access } from './access.js'
import { reviewApi, type ApiParts } from './api.js'
import { pageDocument, pageIcon, refusedPage } from './document.js'
import { admitted, boundedBody, loopbackOnly, ownOrigin, withHeaders } from './guard.js'
import { pageStyle } from './style.js'

export interface AppParts extends ApiParts {
  readonly access: Access
  readonly port: () => number
  /** The page's scripts by path. */
  readonly scripts: ReadonlyMap<string, string>
  /** Called at each request of somebody who was let in. */
  readonly onAdmitted: () => void
}

/** Every answer that the server gives. Nothing is answered before host, origin and cookie were looked at. */
export function reviewApp(parts: AppParts): Hono {
  const { access, port, scripts } = parts
  const app = new Hono()
  app.use(withHeaders, loopbackOnly(port), ownOrigin, boundedBody)
  app.get('/', (context) => {
    const token = context.req.query('token')
    const cookie = token === undefined ? null : access.exchange(token)
    if (cookie === null)
      return context.html(refusedPage('Open the link that `holdfast review` printed.', false), 403)
    setCookie(context, access.cookieName, cookie, {
      path: access.folder,
      httpOnly: true,
      sameSite: 'Strict',
    })
    return context.redirect(access.folder, 303)
  })
  app.use('*', admitted(access, parts.onAdmitted))
  const page = new Hono()
  page.get('/', (context) => context.html(pageDocument))
  page.get('/style.css', (context) =>
    context.body(pageStyle, 200, { 'Content-Type': 'text/css; charset=utf-8' }),
  )
  page.get('/icon.svg', (context) => context.body(pageIcon, 200, { 'Content-Type': 'image/svg+xml' }))
  for (const [path, source] of scripts)
    page.get(`/${path}`, (context) =>
      context.body(source, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
    )
  page.route('/api', reviewApi(parts))
  app.route(access.folder, page)
  return app
}
