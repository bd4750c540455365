import { AuditLogError } from '../errors.ts'
import type { EntryQuery } from '../query/entry-query.ts'
import { Problem } from './problem.ts'

/** The part of JSON Schema that the API needs, as it goes into the OpenAPI document. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A parameter of a resource. The OpenAPI document and the check of a request come from the same one. */
export interface Parameter {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly description: string
  readonly schema: JsonSchema
}

/** A parameter that says which entries are meant. */
export interface FilterParameter extends Parameter {
  /** @throws AuditLogError when the text is no value of the parameter */
  apply(query: EntryQuery, text: string): EntryQuery
}

const filter = (
  name: string,
  description: string,
  schema: JsonSchema,
  apply: FilterParameter['apply'],
): FilterParameter => ({ name, in: 'query', description, schema, apply })

/** Empty text stands for "none": the log never records an empty name. */
const nameOf = (text: string): string | null => (text === '' ? null : text)
const dateTime = { type: 'string', format: 'date-time' }
const wholeNumber = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }

/** The filters of the query builder, but `tenant_id`, which the principal's tenants decide on. */
export const filterParameters: readonly FilterParameter[] = [
  filter(
    'since',
    'Entries at or after this time: RFC 3339 with a zone, at most six decimals.',
    dateTime,
    (query, text) => query.since(text),
  ),
  filter('until', 'Entries before this time: RFC 3339 with a zone, at most six decimals.', dateTime, (query, text) =>
    query.until(text),
  ),
  filter(
    'action',
    'Entries with this action, or with one of several separated by commas. `scan.*` stands for everything below `scan`.',
    {
      type: 'string',
      pattern: '^[a-z0-9]+([._-][a-z0-9]+)*(\\.\\*)?(,[a-z0-9]+([._-][a-z0-9]+)*(\\.\\*)?)*$',
      examples: ['user.login', 'scan.*,finding.acknowledged'],
    },
    (query, text) => query.action(text.split(',')),
  ),
  filter('user_id', 'Entries of this user; empty for those of the system itself.', name1024(), (query, text) =>
    query.user(nameOf(text)),
  ),
  filter('target', 'Entries about this target; empty for those about none.', name1024(), (query, text) =>
    query.target(nameOf(text)),
  ),
  filter(
    'source_ip',
    'Entries from this address, or from a network in CIDR notation such as `203.0.113.0/24`.',
    { type: 'string', minLength: 2, maxLength: 49 },
    (query, text) => query.sourceIp(text),
  ),
  filter(
    'outcome',
    'Entries with this outcome.',
    { type: 'string', enum: ['success', 'failure', 'denied'] },
    (query, text) => query.outcome(text as 'success'),
  ),
  filter(
    'details',
    'Entries whose details contain these members: a JSON object.',
    { type: 'string', contentMediaType: 'application/json', examples: ['{"severity":"critical"}'] },
    (query, text) => query.details(parseObject(text)),
  ),
  filter('seq_from', 'Entries with this number or a higher one.', wholeNumber, (query, text) =>
    query.seq({ from: parseWholeNumber(text) }),
  ),
  filter('seq_to', 'Entries with this number or a lower one.', wholeNumber, (query, text) =>
    query.seq({ to: parseWholeNumber(text) }),
  ),
]

export const tenantParameter: Parameter = {
  name: 'tenant_id',
  in: 'query',
  description: 'Entries of this tenant; empty for those of none. Default is every tenant that the principal may see.',
  schema: name1024(),
}

export const orderParameter: FilterParameter = filter(
  'order',
  'Which entries come first.',
  { type: 'string', enum: ['newest', 'oldest'], default: 'newest' },
  (query, text) => query.order(text as 'newest'),
)

export const limitParameter: Parameter = {
  name: 'limit',
  in: 'query',
  description: 'How many to answer with at most.',
  schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
}

export const cursorParameter: Parameter = {
  name: 'cursor',
  in: 'query',
  description: '`next_cursor` of the answer to go on after, with all other parameters but `limit` as they were.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,230}$' },
}

export const seqParameter: Parameter = {
  name: 'seq',
  in: 'path',
  description: 'The number of the entry.',
  schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
}

/** Runs a reader of a parameter; what it refuses becomes a problem that names the parameter. */
export function reading<T>(parameter: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof AuditLogError) throw new Problem('parameter_invalid', { parameter, detail: error.message })
    throw error
  }
}

/** A whole number in a range, digits only. @throws Problem `parameter_invalid` */
export function readInteger({ name, schema }: Parameter, text: string): number {
  const [minimum, maximum] = [Number(schema['minimum']), Number(schema['maximum'])]
  const number = reading(name, () => parseWholeNumber(text))
  if (number >= minimum && number <= maximum) return number
  throw new Problem('parameter_invalid', {
    parameter: name,
    detail: `expected a whole number from ${minimum} to ${maximum}`,
  })
}

function name1024(): JsonSchema {
  return { type: 'string', maxLength: 1024 }
}

function parseWholeNumber(text: string): number {
  const number = Number(text)
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text) || !Number.isSafeInteger(number))
    throw new AuditLogError('query_invalid', 'expected a whole number from 0 to 2^53-1')
  return number
}

function parseObject(text: string): Parameters<EntryQuery['details']>[0] {
  try {
    return JSON.parse(text) as Parameters<EntryQuery['details']>[0]
  } catch {
    throw new AuditLogError('query_invalid', 'expected a JSON object')
  }
}
