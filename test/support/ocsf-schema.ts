import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

// Names, types, requirements and enumerations of the classes and objects that the encoder uses, as released in OCSF 1.8.0;
// for class 3007, which 1.8.0 does not have, as in the tree towards 1.9.0. "!" marks what is required.

type Attributes = Readonly<Record<string, string>>
interface Definition {
  readonly category?: number
  readonly atLeastOne?: readonly string[]
  readonly attributes: Attributes
}
interface Schema {
  readonly version: string
  readonly classes: Readonly<Record<string, Definition>>
  readonly objects: Readonly<Record<string, Definition>>
}

const read = (name: string): Schema => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Schema
const released = read('ocsf-1.8.0.json')
const coming = read('ocsf-1.9.0-dev.json')

/** What an event breaks of the schema; empty when it is valid. */
export function ocsfFaults(event: Record<string, unknown>): string[] {
  const uid = String(event['class_uid'])
  const definition = released.classes[uid] ?? coming.classes[uid]
  if (definition === undefined) return [`class ${uid} is unknown`]
  const faults = objectFaults(event, definition, '$')
  if (event['category_uid'] !== definition.category) faults.push('$.category_uid does not fit the class')
  if (event['type_uid'] !== Number(uid) * 100 + Number(event['activity_id'])) faults.push('$.type_uid does not add up')
  return faults
}

function objectFaults(value: Record<string, unknown>, { attributes, atLeastOne }: Definition, path: string): string[] {
  const faults: string[] = []
  for (const [name, text] of Object.entries(attributes)) {
    if (text.startsWith('!') && value[name] === undefined) faults.push(`${path}.${name} is missing`)
  }
  if (atLeastOne !== undefined && atLeastOne.every((name) => value[name] === undefined)) {
    faults.push(`${path} has none of ${atLeastOne.join(', ')}`)
  }
  for (const [name, member] of Object.entries(value)) {
    const text = attributes[name]
    if (text === undefined) faults.push(`${path}.${name} is no attribute`)
    else faults.push(...memberFaults(member, text.replace('!', ''), `${path}.${name}`))
  }
  return faults
}

function memberFaults(value: unknown, text: string, path: string): string[] {
  const [type = '', allowed] = text.split(' ')
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${path} is no array`]
    return value.flatMap((each, index) => memberFaults(each, type.slice(0, -2), `${path}[${index}]`))
  }
  const definition = released.objects[type]
  if (definition !== undefined) return objectFaults(value as Record<string, unknown>, definition, path)
  if (allowed !== undefined && !allowed.split(',').includes(String(value)))
    return [`${path} is none of the enumeration`]
  return hasType(value, type) ? [] : [`${path} is no ${type}`]
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'string_t':
      return typeof value === 'string'
    case 'integer_t':
      return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31
    case 'long_t':
      return Number.isSafeInteger(value)
    case 'datetime_t':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)
    case 'ip_t':
      return typeof value === 'string' && isIP(value) !== 0
    case 'object':
      return typeof value === 'object' && value !== null
    default:
      return false
  }
}
