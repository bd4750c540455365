// JSON texts are put together from parts that are known to be JSON, several times faster than building an object to stringify.
// A member whose value is absent is left out, as JSON.stringify leaves out what is undefined.

/** `,"name":"value"`, or nothing. `name` needs no escapes. */
export function member(name: string, value: string | null | undefined): string {
  return value === null || value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`
}

/** `,"name":{...}` of members that begin with a comma, or nothing when there are none. */
export function objectMember(name: string, members: string): string {
  return members === '' ? '' : `,"${name}":{${members.slice(1)}}`
}
