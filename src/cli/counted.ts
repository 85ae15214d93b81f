import { formatCount } from './format.js'

/** `1 file`, `1,204 files`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

/** `1 file has`, `2 files have`: a count with the verb that it takes. */
export function countedVerb(count: number, noun: string, one: string, many: string): string {
  return `${counted(count, noun)} ${count === 1 ? one : many}`
}
