import { isMap, isScalar, isSeq } from 'yaml'
import type { Document, Pair, YAMLMap, YAMLSeq } from 'yaml'
import { HoldfastError } from '../engine/core/errors.js'
import { closest } from './closest.js'
import { parseConfig, parseYaml } from './config.js'
import type { ConfiguredPeer, ConfiguredRoot } from './config.js'
import { settingDefaults } from './config-schema.js'
import type { SettingKey } from './config-schema.js'

/**
 * Edits of the config's text that keep its comments. Pure: text in, text out. `file` is only for messages.
 */

/** Throws USAGE, with the nearest key, where there is no such setting. */
export function settingKey(text: string): SettingKey {
  if (Object.hasOwn(settingDefaults, text)) return text as SettingKey
  const keys = Object.keys(settingDefaults)
  const meant = closest(text, keys)
  throw new HoldfastError('USAGE', `${text} is no setting`, {
    next:
      text === 'roots' || text.startsWith('roots.')
        ? 'Use `holdfast root add` and `holdfast root remove`.'
        : text === 'peers' || text.startsWith('peers.')
          ? 'Use `holdfast peer add` and `holdfast peer remove`.'
          : meant === undefined
            ? `The settings are ${keys.join(', ')}.`
            : `Did you mean ${meant}?`,
  })
}

/** What the file itself says for a setting, as text; undefined where it says nothing. */
export function writtenSetting(text: string, key: SettingKey, file: string): string | undefined {
  const value: unknown = parseYaml(text, file).getIn(key.split('.'))
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** Sets one setting. Throws CONFIG_INVALID where the value, or something else in the file, is not valid. */
export function setSetting(text: string, key: SettingKey, value: string, file: string): string {
  const document = parseYaml(text, file)
  const path = key.split('.')
  const group = path[0] as string
  // `write:` without anything below it holds no map yet.
  if (path.length > 1 && document.has(group) && !isMap(document.get(group))) document.delete(group)
  document.setIn(path, typedValue(key, value))
  return checked(document, file)
}

/** Removes one setting, and its group where nothing else is in it; also from a file that is not valid otherwise. */
export function unsetSetting(text: string, path: string, file: string): { text: string; found: boolean } {
  const document = parseYaml(text, file)
  const keys = path.split('.')
  if (!document.hasIn(keys)) return { text, found: false }
  removeKeepingComment(document, keys)
  const group = document.get(keys[0])
  if (keys.length > 1 && isMap(group) && group.items.length === 0)
    removeKeepingComment(document, keys.slice(0, 1))
  return { text: render(document), found: true }
}

/** Adds a root, or replaces the entry of that name. Throws CONFIG_INVALID. */
export function putRoot(
  text: string,
  root: Partial<ConfiguredRoot> & { name: string },
  file: string,
): string {
  return putEntry(text, 'roots', root, file)
}

/** Removes the entry of a root, if there is one. Throws CONFIG_INVALID. */
export function dropRoot(text: string, name: string, file: string): string {
  return dropEntry(text, 'roots', name, file)
}

/** Adds a peer, or replaces the entry of that name. Throws CONFIG_INVALID. */
export function putPeer(text: string, peer: ConfiguredPeer, file: string): string {
  return putEntry(text, 'peers', peer, file)
}

/** Removes the entry of a peer, if there is one. Throws CONFIG_INVALID. */
export function dropPeer(text: string, name: string, file: string): string {
  return dropEntry(text, 'peers', name, file)
}

type NamedList = 'roots' | 'peers'

function putEntry(text: string, list: NamedList, entry: { readonly name: string }, file: string): string {
  const document = parseYaml(text, file)
  const entries = document.get(list)
  const node = document.createNode(entry)
  if (!isSeq(entries)) document.set(list, document.createNode([node]))
  else {
    const index = entryIndex(entries, entry.name)
    if (index < 0) entries.add(node)
    else {
      const old = entries.items[index] as YAMLMap
      node.commentBefore = old.commentBefore ?? null
      entries.items[index] = node
    }
  }
  return checked(document, file)
}

function dropEntry(text: string, list: NamedList, name: string, file: string): string {
  const document = parseYaml(text, file)
  const entries = document.get(list)
  const index = isSeq(entries) ? entryIndex(entries, name) : -1
  if (!isSeq(entries) || index < 0) return text
  entries.items.splice(index, 1)
  if (entries.items.length === 0) removeKeepingComment(document, [list])
  return checked(document, file)
}

function entryIndex(entries: YAMLSeq, name: string): number {
  return entries.items.findIndex((item) => isMap(item) && item.get('name') === name)
}

/** A comment before a key may speak of what follows, or of the whole file: it stays, before the next key. */
function removeKeepingComment(document: Document, keys: readonly string[]): void {
  const parent = keys.length === 1 ? document.contents : document.getIn(keys.slice(0, -1))
  if (!isMap(parent)) return
  const index = parent.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === keys.at(-1))
  const removed = parent.items[index]
  if (removed === undefined) return
  const comment = commentOf(parent, index, removed)
  parent.items.splice(index, 1)
  if (index === 0) parent.commentBefore = null
  if (comment === undefined) return
  const next = parent.items[index]
  if (next !== undefined && isScalar(next.key))
    next.key.commentBefore = joinComments(comment, next.key.commentBefore)
  else if (parent === document.contents && parent.items.length === 0)
    document.commentBefore = joinComments(document.commentBefore ?? undefined, comment)
  else parent.comment = joinComments(comment, parent.comment)
}

/** What stands before a pair. Before the first pair of a map, the parser gives it to the map. */
function commentOf(parent: YAMLMap, index: number, pair: Pair): string | undefined {
  const own = isScalar(pair.key) ? pair.key.commentBefore : undefined
  const inherited = index === 0 ? parent.commentBefore : undefined
  // An emptied group still has the comments of what was in it.
  const emptied = isMap(pair.value) && pair.value.items.length === 0 ? pair.value : undefined
  return joinComments(inherited, own, emptied?.commentBefore, emptied?.comment) || undefined
}

function joinComments(...comments: readonly (string | null | undefined)[]): string {
  return comments.filter(Boolean).join('\n')
}

function typedValue(key: SettingKey, value: string): string | number | boolean {
  if (key === 'write.back' && (value === 'true' || value === 'false')) return value === 'true'
  return key === 'milestones.keep' && /^\d+$/.test(value) ? Number(value) : value
}

function checked(document: Document, file: string): string {
  const text = render(document)
  parseConfig(text, file)
  return text
}

function render(document: Document): string {
  // An emptied map would be written as `{}`; without it the comments alone remain.
  if (isMap(document.contents) && document.contents.items.length === 0) {
    const comments = joinComments(document.commentBefore, document.contents.comment, document.comment)
    return comments
      .split('\n')
      .map((line) => (line === '' ? '' : `#${line}`.trimEnd()))
      .join('\n')
      .concat('\n')
  }
  return document.toString({ lineWidth: 0 })
}
