import type { JsonObject } from '../../../canonical/canonicalize.ts'
import type { Context } from '../context.ts'
import { button, h } from '../dom.ts'
import { childrenOf, type TreeNode, treeNode } from '../model/tree.ts'
import { shownText } from './shown-text.ts'

const childrenAtOnce = 100
const charactersAtOnce = 2000

/** Details as a tree. A branch is built when it is opened, so the size of the whole does not matter. */
export function detailsTree(context: Context, details: JsonObject): HTMLElement {
  const root = treeNode('details', details)
  if (root.size === 0) return h('p', { class: 'muted' }, context.t('entry.noDetails'))
  const list = h('ul', { class: 'tree' })
  addChildren(context, list, root, 0, 0)
  return list
}

function addChildren(context: Context, list: HTMLElement, node: TreeNode, from: number, depth: number): void {
  for (const child of childrenOf(node, from, childrenAtOnce)) list.append(h('li', {}, line(context, child, depth)))
  const next = from + childrenAtOnce
  if (next >= node.size) return
  const more = h('li', {})
  more.append(
    button(
      context.t('more', { count: context.number(Math.min(childrenAtOnce, node.size - next)) }),
      () => {
        more.remove()
        addChildren(context, list, node, next, depth)
      },
      { class: 'link' },
    ),
  )
  list.append(more)
}

function line(context: Context, node: TreeNode, depth: number): HTMLElement {
  const { t, number } = context
  const name = h('span', { class: 'name' }, shownText(context, node.name, 200))
  if (node.kind !== 'object' && node.kind !== 'array')
    return h('div', { class: 'leaf' }, name, ': ', value(context, node))
  const size = t(node.kind === 'array' ? 'entry.items' : 'entry.members', { count: number(node.size) })
  if (node.size === 0) return h('div', { class: 'leaf' }, name, ': ', h('span', { class: 'muted' }, size))
  const list = h('ul', { class: 'tree' })
  const branch = h('details', {}, h('summary', {}, name, ' ', h('span', { class: 'muted' }, size)), list)
  const build = (): void => {
    if (branch.open && list.childElementCount === 0) addChildren(context, list, node, 0, depth + 1)
  }
  branch.addEventListener('toggle', build)
  if (depth < 2 && node.size <= 20) {
    branch.open = true
    build()
  }
  return branch
}

function value(context: Context, { kind, value }: TreeNode): HTMLElement {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const shown = h('span', { class: `value ${kind}` }, shownText(context, text, charactersAtOnce))
  if (text.length <= charactersAtOnce) return shown
  const whole = h('span', {}, shown, ' ')
  const all = button(
    context.t('entry.showAll', { count: context.number(text.length) }),
    () => {
      shown.replaceChildren(shownText(context, text))
      all.remove()
    },
    { class: 'link' },
  )
  whole.append(all)
  return whole
}
