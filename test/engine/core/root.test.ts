import { describe, expect, it } from 'vitest'
import { checkRootNames } from '../../../src/engine/core/root.js'

const check = (...names: string[]) => checkRootNames(names.map((name) => ({ name })))

describe('checkRootNames', () => {
  it('accepts the names in use', () => {
    expect(() => check('claude', 'claude-todos', '0.logs_x', 'a'.repeat(64))).not.toThrow()
  })

  it.each(['', 'Claude', '-x', '.x', 'a b', 'a:b', 'a/b', 'é', 'a\n', 'a'.repeat(65)])(
    'refuses “%s”',
    (name) => {
      expect(() => check(name)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    },
  )

  it('refuses a repeated name and says which', () => {
    expect(() => check('a', 'b', 'a')).toThrow(/“a”/)
  })
})
