import type { Parameter } from './parameters.ts'
import { Problem } from './problem.ts'

/** Longer queries are refused: servers and proxies differ in what they let through beyond this. */
export const longestQueryCharacters = 8192

/**
 * Reads the query of a URL, strictly: no parameter that the resource does not have, none twice, no broken percent-encoding
 * and no control characters, so that nothing is overlooked or understood in two ways.
 *
 * @param search the query with its question mark, or empty
 * @throws Problem `query_too_long`, `parameter_unknown`, `parameter_repeated`, `parameter_invalid`
 */
export function readQueryString(search: string, known: readonly Parameter[]): Map<string, string> {
  if (search.length > longestQueryCharacters) throw new Problem('query_too_long')
  const names = new Set(known.filter((parameter) => parameter.in === 'query').map(({ name }) => name))
  const values = new Map<string, string>()
  for (const pair of search.slice(1).split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    if (name === undefined || !names.has(name)) {
      throw new Problem('parameter_unknown', { detail: `expected one of: ${[...names].join(', ') || 'nothing'}` })
    }
    if (values.has(name)) throw new Problem('parameter_repeated', { parameter: name })
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    if (value === undefined || /[\u0000-\u001f\u007f]/.test(value)) {
      throw new Problem('parameter_invalid', {
        parameter: name,
        detail: 'expected percent-encoded UTF-8 without control characters',
      })
    }
    values.set(name, value)
  }
  return values
}

/** As HTML forms and URLSearchParams encode: a plus sign is a space. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}
