import type { JsonSchema } from './parameters.ts'

const nullable = (schema: JsonSchema): JsonSchema => ({ ...schema, type: [schema['type'], 'null'] })
const name: JsonSchema = nullable({ type: 'string' })
const hash: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{64}$' }
const dateTime: JsonSchema = { type: 'string', format: 'date-time' }
const count: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }

/** An object whose members are all there and none other. */
export function objectOf(properties: Readonly<Record<string, JsonSchema>>, description?: string): JsonSchema {
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}

/** A reference to one of {@link schemas}. */
export const ref = (schema: 'Entry' | 'Checkpoint' | 'Problem'): JsonSchema => ({
  $ref: `#/components/schemas/${schema}`,
})
/** That or null. */
export const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] })

/** The named schemas of the OpenAPI document. */
export const schemas: Readonly<Record<'Entry' | 'Checkpoint' | 'Problem', JsonSchema>> = {
  Entry: objectOf(
    {
      version: { type: 'integer', const: 1 },
      seq: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      id: { type: 'string', format: 'uuid' },
      timestamp: dateTime,
      tenant_id: name,
      user_id: name,
      action: { type: 'string' },
      target: name,
      source_ip: name,
      outcome: { type: 'string', enum: ['success', 'failure', 'denied'] },
      details: { type: 'object', additionalProperties: true },
      recorded_by: { type: 'string' },
      entry_hash: hash,
    },
    'An entry as it is stored. It verifies by itself: entry_hash is the SHA-256 of the canonical JSON (RFC 8785) of the other members.',
  ),
  Checkpoint: objectOf(
    {
      tree_size: count,
      root_hash: hash,
      signed_at: dateTime,
      note: { type: 'string' },
    },
    'A signed tree head. `note` is the signed note (c2sp.org/tlog-checkpoint) that the other members are read from; only it proves anything.',
  ),
  Problem: {
    type: 'object',
    description: 'A problem document (RFC 9457).',
    properties: {
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      code: { type: 'string', description: 'Stable: what a program should look at.' },
      detail: { type: 'string' },
      parameter: { type: 'string', description: 'The parameter that is at fault.' },
      path: { type: 'string', description: 'Where in the body the fault is: a JSONPath (RFC 9535).' },
      feature: { type: 'string', description: 'The feature flag that is off.' },
    },
    required: ['title', 'status', 'code'],
    additionalProperties: false,
  },
}

/** How many of something there are. */
export const countSchema: JsonSchema = count
export const dateTimeSchema: JsonSchema = dateTime
