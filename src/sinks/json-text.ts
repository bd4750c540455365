// JSON texts are put together from parts that are known to be JSON, several times faster than building an object to stringify.
// A member whose value is absent is left out, as JSON.stringify leaves out what is undefined.

/** `,"name":"value"`, or nothing. `name` needs no escapes. */
export function member(name: string, value: string | null | undefined): string {
  return value === null || value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}

/** The same for a value that is JSON already; nothing for null. */
export function textMember(name: string, text: string): string {
  return text === 'null' ? '' : `,"${name}":${text}`
}

/** `,"name":{...}` of members that begin with a comma, or nothing when there are none. */
export function objectMember(name: string, members: string): string {
  return members === '' ? '' : `,"${name}":{${members.slice(1)}}`
}
