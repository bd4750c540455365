import type { JsonValue } from '../../../canonical/canonicalize.ts'

/** A member of an object or an element of an array, as a line of a tree. */
export interface TreeNode {
  /** The name of the member or the index of the element. */
  readonly name: string
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'
  readonly value: JsonValue
  /** How many children there are. */
  readonly size: number
}

/** A line for a value. */
export function treeNode(name: string, value: JsonValue): TreeNode {
  if (value === null) return { name, kind: 'null', value, size: 0 }
  if (Array.isArray(value)) return { name, kind: 'array', value, size: value.length }
  if (typeof value === 'object') return { name, kind: 'object', value, size: Object.keys(value).length }
  return { name, kind: typeof value as 'string', value, size: 0 }
}

/** Some of the children, in their order. @param count how many at most */
export function childrenOf({ value }: TreeNode, from: number, count: number): TreeNode[] {
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[])
      .slice(from, from + count)
      .map((child, index) => treeNode(String(from + index), child))
  }
  return Object.entries(value as Readonly<Record<string, JsonValue>>)
    .slice(from, from + count)
    .map(([name, child]) => treeNode(name, child))
}
