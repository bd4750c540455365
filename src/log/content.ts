import {
  isPlainObject,
  setMember,
  type JsonObject,
  type JsonValue,
  stringifyCanonical,
} from '../canonical/canonicalize.ts'
import { pathTo } from '../canonical/json-path.ts'
import { sha256Hex } from '../canonical/sha256.ts'
import { AuditLogError, type AuditLogErrorCode } from '../errors.ts'

// The content of an event, as users of the host can influence it: what cannot be recorded as it is leaves a visible
// marker. The database does the same for writers in other languages (canonical_details in sql/); docs/format.md lists the
// markers.

const maximumLevels = 32
const keptCharacters = 128
const longMemberBytes = 1024
/** More values than this are not looked at: shared references or a proxy can make a small object an endless one. */
const maximumValues = 250_000

type Path = (string | number)[]

/** Where a walk through the details is. */
interface Walk {
  readonly strict: boolean
  readonly path: Path
  /** The containers around the current value, outermost first. */
  readonly ancestors: object[]
  values: number
}

class TooManyValues extends Error {}

/**
 * Copies details into plain JSON data.
 *
 * @throws AuditLogError `event_invalid_type` for what only a programmer gets wrong, `event_invalid_content` with `strict`
 */
export function readDetails(details: unknown, strict: boolean): JsonObject {
  const walk: Walk = { strict, path: ['details'], ancestors: [], values: 0 }
  try {
    if (typeof details === 'object' && details !== null && !Array.isArray(details) && !(details instanceof Date))
      return copyObject(details, walk)
  } catch (error) {
    if (error instanceof AuditLogError) throw error
    if (!(error instanceof TooManyValues))
      throw refused('event_invalid_type', ['details'], 'an object that can be read', error)
    if (strict) throw refused('event_invalid_content', ['details'], `at most ${maximumValues} values`)
    return { '[cut]': `[cut: more than ${maximumValues} values]` }
  }
  throw refused('event_invalid_type', ['details'], 'a plain object')
}

/** Replaces NUL and lone surrogates, which PostgreSQL cannot store, by U+FFFD. */
export function repairText(text: string, strict: boolean, path: Readonly<Path>): string {
  if (text.isWellFormed() && !text.includes('\0')) return text
  if (strict) throw refused('event_invalid_content', path, 'Unicode text without U+0000 and lone surrogates')
  return text.toWellFormed().replaceAll('\0', '\u{fffd}')
}

/** The first characters of a text that is too long, and the marker for the whole of it. */
export function cutText(text: string): string {
  return `${Array.from(text.slice(0, keptCharacters * 2))
    .slice(0, keptCharacters)
    .join('')}…${cutMarker(text)}`
}

/** Details that are too long: long members are cut, and if that does not do, everything. */
export function cutDetails(details: JsonObject, text: string, maximumBytes: number): JsonObject {
  const shortened: Record<string, JsonValue> = {}
  for (const [name, value] of Object.entries(details)) {
    const member = stringifyCanonical(value)
    if (Buffer.byteLength(member) <= longMemberBytes) setMember(shortened, name, value)
    else setMember(shortened, name, typeof value === 'string' ? cutText(value) : cutMarker(member))
  }
  return Buffer.byteLength(stringifyCanonical(shortened)) <= maximumBytes ? shortened : { '[cut]': cutMarker(text) }
}

function cutMarker(text: string): string {
  return `[cut: ${Buffer.byteLength(text)} bytes, sha256 ${sha256Hex(text)}]`
}

function copyValue(value: unknown, walk: Walk): JsonValue {
  if (typeof value !== 'object' || value === null || value instanceof Date) return copyScalar(value, walk)
  if (walk.ancestors.length === maximumLevels) {
    if (walk.strict) throw refused('event_invalid_content', walk.path, `at most ${maximumLevels} levels`)
    return cutMarker(deepText(value, walk))
  }
  return Array.isArray(value) ? copyArray(value, walk) : copyObject(value, walk)
}

function copyScalar(value: unknown, walk: Walk): JsonValue {
  switch (typeof value) {
    case 'string':
      return repairText(value, walk.strict, walk.path)
    case 'number':
      // JSON has a -0, its canonical form has not.
      if (Number.isFinite(value)) return value + 0
      if (walk.strict) throw refused('event_invalid_content', walk.path, 'a finite number')
      return `[not finite: ${value}]`
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
      throw refused('event_invalid_type', walk.path, 'a valid date')
    default:
      throw refused('event_invalid_type', walk.path, `a JSON value, found ${typeof value}`)
  }
}

function copyArray(array: readonly unknown[], walk: Walk): JsonValue[] {
  enter(array, walk)
  count(array.length, walk)
  const result: JsonValue[] = []
  for (let index = 0; index < array.length; index += 1) {
    walk.path.push(index)
    const value = copyMember(array, index, walk)
    if (value === undefined) throw refused('event_invalid_type', walk.path, 'a JSON value, found undefined')
    result.push(value)
    walk.path.pop()
  }
  walk.ancestors.pop()
  return result
}

function copyObject(object: object, walk: Walk): JsonObject {
  enter(object, walk)
  const names = sortNames(Object.keys(object))
  count(names.length, walk)
  const result: Record<string, JsonValue> = {}
  for (const name of names) {
    walk.path.push(name)
    const value = copyMember(object, name, walk)
    if (value !== undefined) setMember(result, freeName(result, repairText(name, walk.strict, walk.path)), value)
    walk.path.pop()
  }
  walk.ancestors.pop()
  return result
}

// sort() makes copies, which for few names cost more than sorting them.
function sortNames(names: string[]): string[] {
  if (names.length > 20) return names.sort()
  for (let end = 1; end < names.length; end += 1) {
    const name = names[end] as string
    let place = end
    for (; place > 0 && (names[place - 1] as string) > name; place -= 1) names[place] = names[place - 1] as string
    names[place] = name
  }
  return names
}

// Reads a member once. What throws while it is read (a getter, a proxy) becomes a marker; undefined stays undefined.
function copyMember(container: object, name: string | number, walk: Walk): JsonValue | undefined {
  const [depth, level] = [walk.path.length, walk.ancestors.length]
  try {
    const value: unknown = (container as Record<string | number, unknown>)[name]
    return value === undefined ? undefined : copyValue(value, walk)
  } catch (error) {
    if (error instanceof AuditLogError || error instanceof TooManyValues) throw error
    walk.path.length = depth
    walk.ancestors.length = level
    if (walk.strict) throw refused('event_invalid_content', walk.path, 'a value that can be read', error)
    return '[unreadable]'
  }
}

function enter(container: object, walk: Walk): void {
  if (walk.ancestors.includes(container)) throw refused('event_invalid_type', walk.path, 'a value without cycles')
  if (!Array.isArray(container) && !isPlainObject(container)) {
    throw refused(
      'event_invalid_type',
      walk.path,
      'plain objects, arrays, strings, numbers, booleans, dates and null, found an instance of a class',
    )
  }
  walk.ancestors.push(container)
}

function count(values: number, walk: Walk): void {
  walk.values += values
  if (walk.values > maximumValues) throw new TooManyValues()
}

/**
 * The canonical text of something that nests too deep to be kept, for its marker. Without recursion, because it can nest
 * deeper than the stack.
 */
function deepText(root: object, walk: Walk): string {
  const seen = new Set(walk.ancestors)
  const stack: { container: object; members: Member[]; next: number }[] = []
  let text = ''
  const open = (container: object): void => {
    if (seen.has(container)) throw refused('event_invalid_type', walk.path, 'a value without cycles')
    const array = Array.isArray(container)
    if (!array && !isPlainObject(container)) throw refused('event_invalid_type', walk.path, 'no instances of classes')
    seen.add(container)
    stack.push({ container, members: array ? itemsOf(container, walk) : membersOf(container, walk), next: 0 })
    text += array ? '[' : '{'
  }
  open(root)
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const member = frame.members[frame.next]
    if (member === undefined) {
      text += Array.isArray(frame.container) ? ']' : '}'
      seen.delete(frame.container)
      stack.pop()
      continue
    }
    const [name, value] = member
    if (frame.next > 0) text += ','
    frame.next += 1
    if (typeof name === 'string') text += `${JSON.stringify(name)}:`
    if (typeof value === 'object' && value !== null && !(value instanceof Date)) open(value)
    else text += stringifyCanonical(copyScalar(value, walk))
  }
  return text
}

type Member = readonly [string | number, unknown]

function itemsOf(array: readonly unknown[], walk: Walk): Member[] {
  count(array.length, walk)
  return Array.from(array, (value, index): Member => [index, value])
}

function membersOf(object: Readonly<Record<string, unknown>>, walk: Walk): Member[] {
  const names = Object.keys(object)
  count(names.length, walk)
  return names
    .map((name): [string, unknown] => [repairText(name, walk.strict, walk.path), object[name]])
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

// Two names that differ only in what had to be repaired must not become one.
function freeName(object: object, name: string): string {
  let free = name
  while (Object.hasOwn(object, free)) free += '\u{fffd}'
  return free
}

function refused(code: AuditLogErrorCode, path: Readonly<Path>, expected: string, cause?: unknown): AuditLogError {
  const place = pathTo(path)
  return new AuditLogError(code, `expected ${expected} at ${place}`, {
    path: place,
    ...(cause === undefined ? {} : { cause }),
  })
}
