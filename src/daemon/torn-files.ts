import { cursorId } from '../engine/core/cursor.js'
import { latestState } from '../engine/replay/content.js'
import type { ObserverTools } from '../engine/record/observer-tools.js'

/** Files of this host whose content the log can't give whole, by `cursorId`. Costs nothing where nothing was lost. */
export async function tornFiles({ reader, writer, cursors }: ObserverTools): Promise<string[]> {
  const lost = reader.log(writer.log)?.lost ?? []
  if (lost.length === 0) return []
  const torn: string[] = []
  for (const { facts, state, position } of cursors.all()) {
    if (state !== 'live') continue
    const { content, complete } = await latestState(reader, writer.log, facts)
    const touched = content.pieces.some(
      (piece) => 'log' in piece && lost.some(({ from, to }) => piece.offset >= from && piece.offset < to),
    )
    if (!complete || touched || content.length < position) torn.push(cursorId(facts))
  }
  return torn
}
