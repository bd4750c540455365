/**
 * The normalized path (RFC 9535 section 2.7, with dots where a name allows it) of a place in a JSON value.
 *
 * @example
 * pathTo(['details', 'users', 0, 'full name']) // "$.details.users[0]['full name']"
 */
export function pathTo(steps: readonly (string | number)[]): string {
  let path = '$'
  for (const step of steps) {
    if (typeof step === 'number') path += `[${step}]`
    else if (/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(step)) path += `.${step}`
    else path += `['${escapeName(step)}']`
  }
  return path
}

// Names can come from outside: what is shown of one is short and printable.
function escapeName(name: string): string {
  const shown = Array.from(name.slice(0, 64), (char) =>
    /[\p{L}\p{N}\p{P}\p{S} ]/u.test(char) ? char.replace(/['\\]/, '\\$&') : '\u{fffd}',
  ).join('')
  return name.length > 64 ? `${shown}…` : shown
}
