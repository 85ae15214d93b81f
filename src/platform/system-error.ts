/** The system's name for what went wrong (ENOENT, EACCES …), or UNKNOWN where the error carries none. */
export function systemCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'UNKNOWN'
  return typeof error.code === 'string' ? error.code : 'UNKNOWN'
}
