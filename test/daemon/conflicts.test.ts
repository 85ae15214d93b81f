import { appendFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  asked,
  claudeLine,
  forkedHomes,
  onlyConflict,
  projectPath,
  shared,
  tails,
  viewOf,
} from './conflict-world.js'
import { meet, namedHome } from './peer-world.js'

describe('conflicts of two hosts', () => {
  it('are the same on both: one, with both tails', async () => {
    const { mac, box } = await forkedHomes()
    const [onMac, onBox] = [await onlyConflict(mac), await onlyConflict(box)]
    expect(onMac).toEqual(onBox)
    expect(onMac).toMatchObject({ kind: 'fork', status: 'open', choices: ['union', 'split', 'keep'] })
    expect(onMac.branches.map(({ host, records, first, last }) => [host, records, first, last])).toEqual([
      ['mac', 2, 'mac one', 'mac two'],
      ['box', 1, 'box one', 'box one'],
    ])
    expect(onMac.divergence).toBe('shared 4')
    expect([await asked(mac).count(), await asked(box).count()]).toEqual([1, 1])
  })

  it('show what each branch has for itself, after what they share', async () => {
    const { box } = await forkedHomes()
    const { id } = await onlyConflict(box)
    const shown = await asked(box).show({ id: id.slice(0, 6) })
    expect(shown.context.map(({ text }) => text)).toEqual(['shared 2', 'shared 3', 'shared 4'])
    expect(shown.pages.map(({ messages }) => messages.map(({ role, text }) => `${role}: ${text}`))).toEqual([
      ['user: mac one', 'user: mac two'],
      ['user: box one'],
    ])
    const page = await asked(box).show({ id, from: 1, limit: 1, branch: 0 })
    expect(page.pages.map(({ from, total, messages }) => [from, total, messages.length])).toEqual([
      [1, 2, 1],
      [1, 1, 0],
    ])
    expect((await asked(box).show({ id, from: -1 })).pages[0]?.messages[0]?.text).toBe('mac two')
  })

  it.each(['union', 'keep'] as const)('%s resolves them on both, and can be taken back', async (choice) => {
    for (const decider of ['mac', 'box'] as const) {
      const homes = await forkedHomes()
      const other = decider === 'mac' ? homes.box : homes.mac
      const { id } = await onlyConflict(other)
      const before = await viewOf(other)
      const preview = await asked(homes[decider]).preview(id, choice, choice === 'keep' ? 'box' : undefined)
      const { conflict } = await asked(homes[decider]).resolve(
        id,
        choice,
        choice === 'keep' ? 'box' : undefined,
      )
      expect(conflict).toMatchObject({ status: 'resolved', choices: [] })
      expect(await asked(other).count()).toBe(1)
      await meet(homes.mac, homes.box)
      expect([await asked(homes.mac).count(), await asked(homes.box).count()]).toEqual([0, 0])
      expect((await onlyConflict(other)).resolutions).toMatchObject([
        { host: decider, choice, undone: false },
      ])
      const view = await viewOf(other)
      const lines = choice === 'keep' ? [...shared, ...tails.box] : [...shared, ...tails.mac, ...tails.box]
      expect(view?.split('\n').sort()).toEqual(lines.join('').split('\n').sort())
      expect(preview.length).toBe(view?.length)
      expect(preview.difference.removed).toBe(choice === 'keep' ? 2 : 0)
      await asked(other).undo(id)
      expect(await viewOf(other)).toBe(before)
      await meet(homes.mac, homes.box)
      for (const home of [homes.mac, homes.box]) {
        expect(await asked(home).count()).toBe(1)
        expect(await viewOf(home)).toBe(before)
      }
    }
  })

  it('show whatever stands in a file: no text, no end of a line, no end of it', async () => {
    const { mac, box } = await forkedHomes()
    const lines = [
      Buffer.from([0xff, 0xfe, 0, 0, 10]),
      Buffer.from(`${'x'.repeat(1_000_000)}\n`),
      Buffer.from(claudeLine('m3', 'm2', `</script>\u0000\u202e${'y'.repeat(1_000_000)}`)),
      Buffer.from('{"torn'),
    ]
    appendFileSync(mac.path(projectPath(mac)), Buffer.concat(lines))
    await mac.record()
    await meet(mac, box)
    const { id } = await onlyConflict(box)
    const { conflict, pages } = await asked(box).show({ id })
    const [own] = pages
    expect(
      own?.messages.map(({ malformed, text, cut }) => [malformed, text.length + cut > 1_000_000]),
    ).toEqual([
      [false, false],
      [false, false],
      [true, false],
      [true, false],
      [false, true],
    ])
    expect(own?.messages[3]).toMatchObject({ bytes: 1_000_000, cut: 996_000 })
    expect(JSON.stringify(own).length).toBeLessThan(20_000)
    expect(conflict.branches[0]?.records).toBe(5)
    expect((await asked(box).preview(id, 'keep', 'box')).difference.removed).toBe(5)
  })

  it('say what is wrong with a question', async () => {
    const { mac } = await forkedHomes()
    const { id } = await onlyConflict(mac)
    const ask = asked(mac)
    await expect(ask.show({ id: 'zzzz' })).rejects.toMatchObject({ code: 'CONFLICT_UNKNOWN', exitCode: 3 })
    await expect(ask.resolve(id, 'keep')).rejects.toMatchObject({ code: 'USAGE' })
    await expect(ask.resolve(id, 'keep', 'nobody')).rejects.toMatchObject({
      code: 'USAGE',
      next: 'Name a branch by its number or its host: 1: mac, 2: box.',
    })
    await expect(ask.undo(id)).rejects.toMatchObject({ code: 'USAGE' })
    await ask.resolve(id, 'keep', '2')
    await expect(ask.resolve(id, 'union')).rejects.toMatchObject({
      code: 'USAGE',
      message: 'this conflict is resolved already (keep)',
    })
    await expect(ask.preview(id, 'union')).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('tell ambiguous ids apart, and a decision about something older', async () => {
    const { mac, box } = await forkedHomes()
    const more = Array.from({ length: 17 }, (_, i) => `${i}.jsonl`)
    for (const name of more) {
      for (const home of [mac, box])
        home.write(projectPath(home, name), claudeLine('1', null, `start ${name}`))
    }
    await mac.record()
    await box.record()
    for (const name of more) {
      mac.append(projectPath(mac, name), claudeLine('2', '1', `mac ${name}`))
      box.append(projectPath(box, name), claudeLine('3', '1', `box ${name}`))
    }
    await mac.record()
    await box.record()
    await meet(mac, box)
    const { conflicts, counts } = await asked(mac).list()
    expect(counts).toEqual({ open: 18, merged: 0, resolved: 0 })
    // 18 ids can't all begin with another digit.
    const first = conflicts.map(({ id }) => id[0] ?? '')
    const twice = first.find((digit, i) => first.indexOf(digit) !== i) ?? ''
    await expect(asked(mac).show({ id: twice })).rejects.toMatchObject({
      code: 'CONFLICT_AMBIGUOUS',
      exitCode: 2,
    })
    const id = conflicts.find(({ file }) => file === '0.jsonl')?.id ?? ''
    const { basis } = await asked(mac).preview(id, 'union')
    mac.append(projectPath(mac, '0.jsonl'), claudeLine('4', '2', 'more'))
    const { resolveConflict } = await import('../../src/daemon/operations/conflict-resolve.js')
    const { keptIo } = await import('./recorded-home.js')
    const late = mac.with((runtime) =>
      resolveConflict(runtime, { id, choice: 'union', dryRun: false, basis }, keptIo()),
    )
    await expect(late).rejects.toMatchObject({ code: 'CONFLICT_CHANGED', exitCode: 4 })
    expect(await asked(mac).count()).toBe(18)
  })

  it('are none where one host alone wrote, however often the other mirrors it', async () => {
    const [mac, box] = [namedHome('mac'), namedHome('box')]
    mac.write(projectPath(mac), shared.join(''))
    await mac.record()
    await meet(mac, box)
    expect(await asked(box).list({ status: 'all' })).toEqual({
      conflicts: [],
      counts: { open: 0, merged: 0, resolved: 0 },
    })
  })
})
