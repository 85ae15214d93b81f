import type { ErrorAnswer } from '../api-types.js'

/** What the server, or the way to it, said instead of an answer. */
export class AskError extends Error {
  readonly code: string
  readonly next: string

  constructor(code: string, message: string, next: string) {
    super(message)
    this.code = code
    this.next = next
  }
}

/** Whether nobody answered at all. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof AskError && error.code === 'UNREACHABLE'
}

export type Query = Readonly<Record<string, string | number | undefined>>

/** Asks for something to read. Throws AskError. */
export function read<R>(question: string, query: Query = {}, signal?: AbortSignal): Promise<R> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
  return answer<R>(`api/${question}?${search.toString()}`, signal ? { signal } : {})
}

/** Asks for something to be worked out or done. Throws AskError. */
export function send<R>(request: string, body: unknown): Promise<R> {
  return answer<R>(`api/${request}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
}

async function answer<R>(path: string, init: RequestInit): Promise<R> {
  let response: Response
  let value: unknown
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin', redirect: 'error' })
    value = await response.json()
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new AskError('UNREACHABLE', 'The page’s server does not answer.', 'Run `holdfast review` again.')
  }
  if (response.ok) return value as R
  const { code, message, next } = (value as Partial<ErrorAnswer>).error ?? {}
  throw new AskError(code ?? 'INTERNAL', message ?? `answer ${response.status}`, next ?? 'Reload the page.')
}
