import { parse } from 'lossless-json'

/**
 * Parses JSON strictly, so that two readers of the same text cannot see different entries: `JSON.parse` takes the last of
 * two members with the same name and rounds numbers, and a forger could hide an edit behind either.
 *
 * @returns undefined when the text is not JSON, repeats a member, or has a number that a double cannot hold
 */
export function parseStrictly(text: string): unknown {
  try {
    const value = parse(text, undefined, { parseNumber: exactNumber })
    // The parser takes a member that is repeated when it takes the two values for equal, and `[]` for `{}`.
    return countMembers(text) === countMembers(JSON.stringify(value)) ? value : undefined
  } catch {
    return undefined
  }
}

/** Colons outside of strings: each member of an object has one. */
function countMembers(json: string): number {
  let members = 0
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|:/gs)) if (token === ':') members += 1
  return members
}

function exactNumber(text: string): number {
  const value = Number(text)
  if (decimalOf(text) !== decimalOf(String(value))) throw new RangeError('a number that a double cannot hold')
  return value
}

/** A decimal number's digits without leading and trailing zeros, and its exponent: equal for equal values. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(text) ?? []
  const digits = `${whole}${fraction}`
  const significant = digits.replace(/0+$/, '')
  const shift = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)
  const leading = significant.replace(/^0+/, '')
  return leading === '' ? '0' : `${sign}${leading}e${shift}`
}
