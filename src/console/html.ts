import type { Make } from './browser/markup/make.ts'

/** HTML text, made of elements and of nothing else. */
export interface Html {
  readonly html: string
}

/** Makes elements as HTML text. What is text in it stays text, in elements and in attributes. Listeners are left out. */
export const makeHtml: Make<Html> = (name, attributes = {}, ...children) => {
  let html = `<${name}`
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false || typeof value === 'object') continue
    html += value === true ? ` ${key}` : ` ${key}="${escapeHtml(String(value))}"`
  }
  html += '>'
  if (name === 'input') return { html }
  for (const child of children) {
    if (child === undefined || child === null || child === false) continue
    html += typeof child === 'object' ? child.html : escapeHtml(String(child))
  }
  return { html: `${html}</${name}>` }
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it is written in an element, or in an attribute between quotes of either kind. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')
}

/** JSON text as the content of a data block: nothing in it can end the block or begin a comment. */
export function escapeData(json: string): string {
  return json.replaceAll('<', '\\u003c')
}
