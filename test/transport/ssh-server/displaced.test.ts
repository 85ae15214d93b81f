import { expect, it } from 'vitest'
import { displaced } from '../../../src/transport/ssh-server/displaced.js'

it('the oldest of the address with most connections makes room, so that one machine keeps no other out', () => {
  const strangers = ['b', 'a', 'c', 'a', 'b', 'a'].map((address, i) => ({ address, i }))
  expect(displaced(strangers)).toEqual({ address: 'a', i: 1 })
  expect(displaced(strangers.slice(0, 3))).toEqual({ address: 'b', i: 0 })
  expect(displaced([])).toBeUndefined()
})
