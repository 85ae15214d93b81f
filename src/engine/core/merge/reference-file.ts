import type { FileEventBody } from '../event.js'
import type { Key } from './order.js'
import { cellsOf, containedIn, itemsIn, linesIn, textOf } from './reference-cells.js'
import { begin, bring, close, find, newLine, note, value } from './reference-past.js'
import type { History, Past, RefFile } from './reference-types.js'
import type { MergeFormat, StreamEvent } from './types.js'

/** Takes an event of a file; false where something before it is missing. */
export function applyToFile(
  history: History,
  format: MergeFormat,
  file: RefFile,
  source: StreamEvent,
  body: FileEventBody,
  parents: readonly Past[],
): boolean {
  switch (body.kind) {
    case 'append':
    case 'file': {
      if (body.epoch < file.epoch || (body.kind === 'file' && body.epoch === file.epoch)) return false
      const isNew = body.epoch !== file.epoch
      let keyBefore: Key | null = null
      if (body.kind === 'append') {
        if (isNew ? body.position !== 0 : body.position !== file.cells.length) return false
        if (isNew) {
          begin(file, [])
          file.last = null
          file.drops.clear()
          newLine(file, new Set(), new Set())
        }
      } else {
        const tip = file.last
        begin(file, [])
        if (tip && !file.replaces && !format.wellFormed(body.bytes)) {
          newLine(file, new Set(), new Set())
          file.replaces = { tips: [tip], dropped: [] }
          keyBefore = tip.key
        }
      }
      file.epoch = body.epoch
      bring(history, format, file, source, body.bytes, parents, keyBefore)
      return true
    }
    case 'reset': {
      if (body.epoch < file.epoch || body.keep > file.cells.length) return false
      const before = file.last
      const kept = file.cells.slice(0, body.keep)
      const dropped = linesIn(history, file.cells).filter((line) => line.end > body.keep)
      const droppedItems = itemsIn(history, format, file.cells).slice(textOf(kept).split('\n').length - 1)
      const cut = containedIn(kept)
      const old = file.replaces
      if (before) file.lossy.set(file.line, before)
      if (before && file.drops.size === 0) file.lossy.delete(file.line)
      begin(file, kept)
      file.state = 'live'
      file.epoch = body.epoch
      newLine(file, cut.events, cut.copies)
      const past = note(history, file, source, [], new Uint8Array(0), cut.key)
      for (const item of droppedItems) file.drops.set(item, past)
      if (format.shape === 'ordered') past.text = file.text = textOf(kept)
      for (const { event } of kept) if (event) file.joined.push({ own: past, head: event })
      if (format.rewrites && before) {
        const copies = dropped.map(({ copy }) => copy).filter((copy) => copy !== null)
        file.replaces = {
          tips: [...(old?.tips ?? []), before],
          dropped: [...(old?.dropped ?? []), ...copies],
        }
      } else {
        file.replaces = null
      }
      if (format.shape === 'whole' && kept.length > 0) value(history, file, past)
      past.cells = [...file.cells]
      file.lines.add(file.line)
      return true
    }
    case 'written': {
      const heads = find(history, body.heads)
      const cells = cellsOf(history, body.pieces)
      if (!heads || !cells || body.epoch < file.epoch || body.keep > file.cells.length) return false
      if (body.keep + cells.length !== body.length) return false
      const text = [...file.cells.slice(0, body.keep), ...cells]
      const closed = close(history, format, file, text)
      const { writes, text: before } = file
      const sameText = body.epoch === file.epoch && body.keep === file.cells.length
      begin(file, text)
      file.epoch = body.epoch
      file.text = sameText || body.epoch === file.epoch ? before : textOf(text)
      if (!sameText) file.text = textOf(text.slice(0, body.keep))
      file.writes = sameText ? [...writes, { heads, text: textOf(text) }] : [{ heads, text: textOf(text) }]
      for (const item of itemsIn(history, format, text)) file.drops.delete(item)
      if (closed) for (const head of heads) if (file.last) file.joined.push({ own: file.last, head })
      file.state = 'live'
      return true
    }
    case 'base': {
      const { log, root, path, epoch } = body.source
      const cells = source.source
        ? null
        : history.files.get(`${log}|${root}|${path}`)?.epochs.get(epoch)?.slice(0, body.length)
      if (body.epoch < file.epoch || cells === undefined || (cells && cells.length < body.length))
        return false
      const cut = containedIn(cells ?? [])
      const old = history.files.get(`${log}|${root}|${path}`)
      if (cells && old && old !== file && old.last?.source.host === source.host) old.continued = true
      begin(file, cells ?? [])
      file.epoch = body.epoch
      newLine(file, cut.events, cut.copies)
      file.wrote = true
      file.state = 'live'
      if (source.source) {
        bring(history, format, file, source, source.source.bytes, parents)
        return true
      }
      const past = note(history, file, source, parents, new Uint8Array(0), cut.key)
      for (const { event } of file.cells) if (event) file.joined.push({ own: past, head: event })
      if (format.shape === 'whole') value(history, file, past)
      else past.text = file.text
      past.cells = [...file.cells]
      return true
    }
    case 'remove':
    case 'move': {
      let keyBefore: Key | null = null
      if (!file.last) {
        const all = containedIn(file.cells)
        newLine(file, all.events, all.copies)
        keyBefore = all.key
      }
      const before = file.last?.text ?? ''
      const past = note(history, file, source, parents, new Uint8Array(0), keyBefore)
      past.text = format.shape === 'whole' ? before : file.text
      past.cells = [...file.cells]
      file.state = body.kind === 'remove' ? 'removed' : 'moved'
      return true
    }
    default:
      return true
  }
}
