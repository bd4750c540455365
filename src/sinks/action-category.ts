import { categoryOf } from '../log/catalogue/catalogue.ts'
import type { SiemCategory } from '../log/catalogue/category.ts'
import { remembering } from './remembering.ts'

/** Where an action belongs in the vocabularies of the SIEMs. */
export const actionCategory: (action: string) => SiemCategory = remembering((action) => categoryOf(action))

/** A target such as `user:42` in its two halves. The type is null when there is no colon in it. */
export function splitTarget(target: string): { readonly type: string | null; readonly id: string } {
  const match = /^([A-Za-z][A-Za-z0-9._-]*):(.+)$/s.exec(target)
  return match === null ? { type: null, id: target } : { type: match[1] ?? null, id: match[2] ?? target }
}
