import * as v from 'valibot'

import { HoldfastError } from '../engine/core/errors.js'
import type { Operation } from './operation.js'

/** An operation whose arguments are checked first: they may come from another process, of another version. */
export function checked<S extends v.GenericSchema, R>(
  schema: S,
  operation: Operation<v.InferOutput<S>, R>,
): Operation<unknown, R> {
  return (runtime, args, io) => {
    const parsed = v.safeParse(schema, args ?? {})
    if (parsed.success) return operation(runtime, parsed.output, io)
    const [issue] = parsed.issues
    const path = issue.path?.map(({ key }) => String(key)).join('.') ?? 'arguments'
    throw new HoldfastError('USAGE', `${path}: ${issue.message}`, {
      next: 'The command and the daemon may be of different versions: run `holdfast daemon restart`.',
    })
  }
}
