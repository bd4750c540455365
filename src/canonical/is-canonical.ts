import { canonicalize } from './canonicalize.ts'

/**
 * Whether a text is canonical JSON (RFC 8785): whether it is what {@link canonicalize} makes of its value. Never throws.
 */
export function isCanonical(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    // Written back unchanged it has no white space, no repeated members, no other escapes and no other numbers, and only the
    // order is left to check. Names like "10" come back in another order, and then the long way tells.
    return (JSON.stringify(value) === text && isOrdered(value)) || canonicalize(value) === text
  } catch {
    return false
  }
}

function isOrdered(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isOrdered)
  let last = ''
  for (const [name, member] of Object.entries(value)) {
    if (name < last || !isOrdered(member)) return false
    last = name
  }
  return true
}
