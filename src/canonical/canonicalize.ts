import stringify from 'fast-json-stable-stringify'
import { AuditLogError } from '../errors.ts'
import { pathTo } from './json-path.ts'

/** A value that JSON can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue
}

/** Levels of objects and arrays that a canonical value may have. */
const maximumDepth = 1000

/**
 * The canonical text of a value: JSON Canonicalization Scheme, RFC 8785.
 *
 * Members are ordered by the UTF-16 code units of their names, numbers are written as ECMAScript writes them, and there
 * is no white space. The text's UTF-8 bytes are what gets hashed.
 *
 * @param value an I-JSON value (RFC 7493): null, booleans, finite numbers, well-formed strings, arrays and plain objects
 * of these, at most 1,000 levels deep
 * @throws AuditLogError `json_invalid` with the path of the first thing that is none of these: `undefined`, NaN, BigInt,
 * a function, a lone surrogate, an instance of a class, a hole in an array, a cycle
 * @example
 * canonicalize({ b: 1e3, a: 'ä' }) // '{"a":"ä","b":1000}'
 */
export function canonicalize(value: unknown): string {
  const path: (string | number)[] = []
  try {
    return stringifyCanonical(copy(value, path))
  } catch (error) {
    if (error instanceof AuditLogError) throw error
    // A getter or a proxy threw.
    throw new AuditLogError('json_invalid', `the value at ${pathTo(path)} cannot be read`, {
      path: pathTo(path),
      cause: error,
    })
  }
}

/** The canonical text of a value that is known to be I-JSON and made of plain data properties. */
export function stringifyCanonical(value: JsonValue): string {
  // JSON.stringify() is several times faster, and the copies that are made here are ordered.
  return hasOrderedMembers(value) ? JSON.stringify(value) : stringify(value)
}

/**
 * Whether the members of all objects stand in canonical order, which `JSON.stringify()` keeps. Names like "10" seldom do: they
 * come before all others, by their number. False also for what nests deeper than {@link maximumDepth}.
 */
export function hasOrderedMembers(value: unknown, level = 0): boolean {
  if (typeof value !== 'object' || value === null) return true
  // Too deep is the same everywhere, and no question of how much of the stack is left.
  if (level >= maximumDepth) return false
  if (Array.isArray(value)) return value.every((element) => hasOrderedMembers(element, level + 1))
  let last = ''
  for (const name in value) {
    if (name < last) return false
    last = name
    const member = (value as Record<string, unknown>)[name]
    if (typeof member === 'object' && !hasOrderedMembers(member, level + 1)) return false
  }
  return true
}

/** Whether an object is one that a literal or `JSON.parse` makes, of any realm. */
export function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'hasOwnProperty'))
  )
}

/** Sets a member as plain data, also when its name is `__proto__`. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  else object[name] = value
}

// Validates and copies in one pass, so that a getter or a proxy cannot show one value here and another to the hash.
function copy(value: unknown, path: (string | number)[]): JsonValue {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw invalid(path, 'a string with a lone surrogate')
      return value
    case 'number':
      if (!Number.isFinite(value)) throw invalid(path, 'a number that is not finite')
      return value
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (path.length >= maximumDepth) throw invalid(path, `more than ${maximumDepth} levels`)
      return Array.isArray(value) ? copyArray(value, path) : copyObject(value, path)
    default:
      throw invalid(path, typeof value)
  }
}

function copyArray(array: readonly unknown[], path: (string | number)[]): JsonValue[] {
  const result: JsonValue[] = []
  for (let index = 0; index < array.length; index += 1) {
    path.push(index)
    result.push(copy(array[index], path))
    path.pop()
  }
  return result
}

function copyObject(object: object, path: (string | number)[]): JsonObject {
  if (!isPlainObject(object)) throw invalid(path, 'an instance of a class')
  const result: Record<string, JsonValue> = {}
  for (const name of Object.keys(object).sort()) {
    if (!name.isWellFormed()) throw invalid(path, 'a member name with a lone surrogate')
    path.push(name)
    setMember(result, name, copy(object[name], path))
    path.pop()
  }
  return result
}

function invalid(path: readonly (string | number)[], found: string): AuditLogError {
  const place = pathTo(path)
  return new AuditLogError('json_invalid', `expected an I-JSON value (RFC 7493) at ${place}, found ${found}`, {
    path: place,
  })
}
