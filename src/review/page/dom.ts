/// <reference lib="dom" />
import { visibleText } from './visible-text.js'

/** A text becomes a text node, with what can't be seen made visible: nothing from a session is ever markup. */
export type Child = Node | string | number | null | false | readonly Child[]

export type Attributes = Readonly<Record<string, string | number | boolean | null>>

const svgSpace = 'http://www.w3.org/2000/svg'

/** An element. An attribute that is false or null is left out; true stands without a value. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  setAttributes(element, attributes)
  append(element, children)
  return element
}

/** An element of a drawing. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(svgSpace, tag)
  setAttributes(element, attributes)
  append(element, children)
  return element
}

/** A button that does something and sends nothing. */
export function button(
  attributes: Attributes,
  onClick: () => void,
  ...children: readonly Child[]
): HTMLButtonElement {
  const element = h('button', { type: 'button', ...attributes }, ...children)
  element.addEventListener('click', onClick)
  return element
}

/** A name from elsewhere, which keeps its own reading direction to itself. */
export function name(text: string): HTMLElement {
  return h('bdi', {}, text)
}

/** A sentence from elsewhere, in which commands stand between backquotes. */
export function sentenceNodes(text: string): Child[] {
  return text.split('`').map((part, i) => (i % 2 === 0 ? part : h('code', {}, part)))
}

/** A key as it is printed on the keyboard. */
export function key(text: string): HTMLElement {
  return h('kbd', {}, text)
}

export function replaceChildren(element: Element, ...children: readonly Child[]): void {
  element.replaceChildren()
  append(element, children)
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === false) continue
    if (child instanceof Node) element.append(child)
    else if (typeof child === 'number') element.append(String(child))
    else if (typeof child === 'string') element.append(...visibleText(child))
    else append(element, child)
  }
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [attribute, value] of Object.entries(attributes))
    if (value !== null && value !== false)
      element.setAttribute(attribute, value === true ? '' : String(value))
}
