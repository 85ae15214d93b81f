const dayMs = 24 * 60 * 60 * 1000
const defaultDays = 30

/**
 * After how long, in ms, Claude Code deletes a session file that was not modified: `cleanupPeriodDays` of its
 * settings.json, or its default of 30 days where the text is missing, broken or says nothing usable. 0 means at once.
 */
export function cleanupAgeMs(settingsJson: string | null): number {
  return Math.min(cleanupDays(settingsJson) * dayMs, Number.MAX_SAFE_INTEGER)
}

function cleanupDays(settingsJson: string | null): number {
  if (settingsJson === null) return defaultDays
  try {
    const settings: unknown = JSON.parse(settingsJson.replace(/^\uFEFF/, ''))
    if (typeof settings !== 'object' || settings === null || !('cleanupPeriodDays' in settings))
      return defaultDays
    const days = settings.cleanupPeriodDays
    return typeof days === 'number' && days >= 0 ? days : defaultDays
  } catch {
    // The user's own file, perhaps half written just now: what cannot be read says nothing.
    return defaultDays
  }
}
