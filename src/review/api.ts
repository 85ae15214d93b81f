import { Hono, type Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import * as v from 'valibot'
import { daemonRow } from '../cli/daemon-row.js'
import { errorJson, knownError } from '../cli/error-report.js'
import type { DaemonStatus } from '../daemon/lifecycle.js'
import type { HostRow } from '../daemon/operations/hosts.js'
import type { StatusResult } from '../daemon/operations/status.js'
import { exitCodes, HoldfastError } from '../engine/core/errors.js'
import type { OverviewAnswer } from './api-types.js'
import type { Asker } from './asker.js'

export interface ApiParts {
  readonly asker: Asker
  readonly daemonStatus: () => Promise<DaemonStatus>
  readonly now: () => number
}

const name = v.pipe(v.string(), v.maxLength(4096))
const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{1,64}$/))
const number = v.pipe(v.string(), v.regex(/^-?\d{1,15}$/), v.transform(Number))
const chosen = { id, choice: v.picklist(['union', 'split', 'keep']), host: v.exactOptional(name) }
const window = { from: v.exactOptional(number), to: v.exactOptional(number) }

const questions = {
  conflicts: v.strictObject({ status: v.exactOptional(v.picklist(['open', 'merged', 'resolved', 'all'])) }),
  conflict: v.strictObject({
    id,
    from: v.exactOptional(number),
    limit: v.exactOptional(number),
    branch: v.exactOptional(number),
  }),
  timeline: v.strictObject({ ...window, steps: number }),
  events: v.strictObject({
    ...window,
    host: v.exactOptional(name),
    before: v.exactOptional(
      v.pipe(
        v.string(),
        v.regex(/^\d{1,15}\.\d{1,15}\.[0-9a-f]{1,64}\.\d{1,15}$/),
        v.transform((text) => {
          const [ms, counter, log, offset] = text.split('.')
          return { ms: Number(ms), counter: Number(counter), log: log ?? '', offset: Number(offset) }
        }),
      ),
    ),
    limit: number,
  }),
} as const

const requests = {
  preview: v.strictObject(chosen),
  resolve: v.strictObject({ ...chosen, basis: name }),
  undo: v.strictObject({ id }),
} as const

/** What the page asks for, as JSON. Reads by GET, all else by POST. */
export function reviewApi({ asker, daemonStatus, now }: ApiParts): Hono {
  const api = new Hono()
  api.get('/overview', async (context) => {
    const { signal } = context.req.raw
    const daemon = daemonRow(await daemonStatus())
    const status = await asker.read<StatusResult>('status', {}, signal)
    const { hosts } = await asker.read<{ readonly hosts: readonly HostRow[] }>('hosts', {}, signal)
    return context.json({ daemon, status, hosts, nowMs: now() } satisfies OverviewAnswer)
  })
  const reads = [
    ['/conflicts', 'conflicts', questions.conflicts],
    ['/conflict', 'conflict.show', questions.conflict],
    ['/timeline', 'timeline', questions.timeline],
    ['/events', 'timeline.events', questions.events],
  ] as const
  for (const [path, operation, schema] of reads)
    api.get(path, async (context) => {
      const args = understood(schema, context.req.query())
      return context.json(await asker.read<object>(operation, args, context.req.raw.signal))
    })
  api.post('/preview', async (context) => {
    const args = understood(requests.preview, await body(context))
    return context.json(await asker.read<object>('conflict.preview', args, context.req.raw.signal))
  })
  api.post('/resolve', async (context) => {
    const args = understood(requests.resolve, await body(context))
    return context.json(await asker.change<object>('conflict.resolve', { ...args, dryRun: false }))
  })
  api.post('/undo', async (context) => {
    const args = understood(requests.undo, await body(context))
    return context.json(await asker.change<object>('conflict.undo', args))
  })
  api.all('*', (context) => answerError(context, new HoldfastError('USAGE', 'there is no such question')))
  api.onError((error, context) => answerError(context, error))
  return api
}

async function body(context: Context): Promise<unknown> {
  try {
    return await context.req.json()
  } catch (error) {
    throw new HoldfastError('USAGE', 'the request is no JSON', { cause: error })
  }
}

function understood<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  const where = v.getDotPath(issue)
  throw new HoldfastError('USAGE', `${where === null ? '' : `${where}: `}${issue.message}`)
}

const statuses: Readonly<Record<number, ContentfulStatusCode>> = {
  [exitCodes.usage]: 400,
  [exitCodes.missing]: 404,
  [exitCodes.held]: 409,
  [exitCodes.refused]: 403,
  [exitCodes.interrupted]: 503,
}

function answerError(context: Context, error: unknown): Response {
  const known = knownError(error)
  return context.json(errorJson(known), statuses[known.exitCode] ?? 500)
}
