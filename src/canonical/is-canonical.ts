import { canonicalize, hasOrderedMembers } from './canonicalize.ts'

/**
 * Whether a text is canonical JSON (RFC 8785): whether it is what {@link canonicalize} makes of its value. Never throws.
 */
export function isCanonical(text: string): boolean {
  return parseCanonical(text) !== undefined
}

/**
 * The value of a text that is canonical JSON (RFC 8785). Never throws.
 *
 * @returns undefined when the text is not canonical
 */
export function parseCanonical(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    // Written back unchanged it has no white space, no repeated members, no other escapes and no other numbers, and only the
    // order is left to check. Names like "10" come back in another order, lone surrogates as the escapes that they were
    // written with (\ud800), and then the long way tells.
    const short = JSON.stringify(value) === text && !text.includes('\\ud') && hasOrderedMembers(value)
    return short || canonicalize(value) === text ? value : undefined
  } catch {
    return undefined
  }
}
