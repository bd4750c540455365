import { isEnabled } from '../../flags/feature-flags.ts'
import { AuditLogError } from '../../errors.ts'
import { type LegalHold, placeLegalHold, readLegalHolds } from '../../retention/legal-hold.ts'
import { type LogMonth, readMonths } from '../../retention/months.ts'
import { extendRetention, readRetention } from '../../retention/policy.ts'
import { type Body, bodyInvalid, readBody, readText } from '../body.ts'
import { databaseOver } from '../../database/database.ts'
import { flagContextOf } from '../principal.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'
import { countSchema, dateTimeSchema, objectOf, orNull } from '../schemas.ts'
import { recordRefusedChange, settingsReaders } from './settings-access.ts'

const string = { type: 'string' }
const name = { type: ['string', 'null'] }
const text = { type: 'string', minLength: 1, maxLength: 1024 }
const optionalText = { type: ['string', 'null'], minLength: 1, maxLength: 1024 }
const keepDays = { type: 'integer', minimum: 366, maximum: 36_525 }

/** `GET /settings/retention`: how long entries are kept, what expires when, and what is held. */
export const retentionRoute: Route = {
  method: 'GET',
  path: '/settings/retention',
  operationId: 'getRetention',
  summary: 'The retention, the months and when each expires, and the legal holds',
  description: 'Says something of the whole installation, whatever the tenants of the principal.',
  permission: settingsReaders,
  parameters: [],
  answers: {
    'application/json': objectOf({
      keep_days: { type: 'integer', minimum: 365, maximum: 36_525 },
      reason: string,
      decided_at: dateTimeSchema,
      extendable: { type: 'boolean', description: 'Whether `audit_extended_retention` is on.' },
      months: {
        type: 'array',
        items: objectOf({
          month: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}$' },
          entries: {
            ...countSchema,
            type: ['integer', 'null'],
            description: "The planner's estimate; null where it has none yet.",
          },
          bytes: countSchema,
          expires_at: dateTimeSchema,
          expired: { type: 'boolean' },
        }),
      },
      holds: {
        type: 'array',
        items: objectOf({
          hold_id: { type: 'string', format: 'uuid' },
          tenant_id: name,
          user_id: name,
          target: name,
          since: orNull(dateTimeSchema),
          until: orNull(dateTimeSchema),
          reason: string,
          approved_by: string,
          placed_at: dateTimeSchema,
          released_at: orNull(dateTimeSchema),
        }),
      },
    }),
  },
  problems: ['query_timeout'],

  async handle({ log, principal, values, signal }) {
    const { schema, flags } = log.options
    await log.recordView('retention', principal, values)
    const state = await log.read(signal, async (executor) => {
      const db = databaseOver(executor)
      const [policy, months] = [await readRetention(db, schema), await readMonths(db, schema)]
      return { policy, months, holds: await readLegalHolds(db, schema) }
    })
    const extendable = await isEnabled(flags, 'audit_extended_retention', flagContextOf(principal))
    const { policy, months, holds } = state
    return json({
      keep_days: policy.keepDays,
      reason: policy.reason,
      decided_at: policy.decidedAt,
      extendable,
      months: months.map(monthJson),
      holds: holds.map(holdJson),
    })
  },
}

/** `POST /settings/retention/extend`: longer, for good. */
export const extendRetentionRoute: Route = {
  method: 'POST',
  path: '/settings/retention/extend',
  operationId: 'extendRetention',
  summary: 'Keeps every entry longer',
  description:
    'The retention can never be shortened again. The change is the entry `audit_log.retention.extended`, written in the same transaction.',
  permission: 'settings',
  feature: 'audit_extended_retention',
  parameters: [],
  body: objectOf({ keep_days: keepDays, reason: text }),
  answers: { 'application/json': objectOf({ keep_days: keepDays }) },
  problems: ['retention_too_young'],
  recordRefusal: recordRefusedChange('extendRetention'),

  async handle({ request, principal, log }) {
    const body = await readBody(request, ['keep_days', 'reason'])
    const days = body['keep_days']
    if (typeof days !== 'number' || !Number.isInteger(days) || days < 366 || days > 36_525) {
      throw bodyInvalid('$.keep_days', 'expected a whole number from 366 to 36,525')
    }
    const reason = readText(body, 'reason', true)
    const { db, schema } = log.options
    // The handler has asked for the flag already, with the principal's tenants.
    const flags = { audit_extended_retention: true }
    await extendRetention(db, schema, flags, {
      keepDays: days,
      reason,
      actingUser: principal.id,
      sourceIp: principal.sourceIp,
    })
    return json({ keep_days: days })
  },
}

/** `POST /settings/legal-holds`: keeps entries from being purged. */
export const placeLegalHoldRoute: Route = {
  method: 'POST',
  path: '/settings/legal-holds',
  operationId: 'placeLegalHold',
  summary: 'Keeps entries from being purged until the hold is released',
  description:
    'Those that have everything that is given; with nothing given, all. Only the archivist can release a hold, with the CLI. The hold is the entry `audit_log.legal_hold.placed`, written in the same transaction.',
  permission: 'settings',
  parameters: [],
  body: {
    ...objectOf({
      tenant_id: optionalText,
      user_id: optionalText,
      target: optionalText,
      since: orNull(dateTimeSchema),
      until: orNull(dateTimeSchema),
      reason: text,
      approved_by: text,
    }),
    required: ['reason', 'approved_by'],
  },
  answers: { 'application/json': objectOf({ hold_id: { type: 'string', format: 'uuid' } }) },
  problems: [],
  recordRefusal: recordRefusedChange('placeLegalHold'),

  async handle({ request, principal, log }) {
    const body = await readBody(request, ['tenant_id', 'user_id', 'target', 'since', 'until', 'reason', 'approved_by'])
    const hold = {
      tenantId: readText(body, 'tenant_id', false),
      userId: readText(body, 'user_id', false),
      target: readText(body, 'target', false),
      since: readText(body, 'since', false),
      until: readText(body, 'until', false),
      reason: readText(body, 'reason', true),
      approvedBy: readText(body, 'approved_by', true),
      actingUser: principal.id,
      sourceIp: principal.sourceIp,
    }
    const { db, schema } = log.options
    const holdId = await placeLegalHold(db, schema, hold).catch((error: unknown) => {
      throw explainHold(error, body)
    })
    return json({ hold_id: holdId })
  },
}

/** What is wrong with a hold can only be its times by now: none that are read, or in the wrong order. */
function explainHold(error: unknown, body: Body): unknown {
  if (!(error instanceof AuditLogError)) return error
  if (error.code === 'query_invalid') return bodyInvalid(error.path ?? '$', 'expected RFC 3339 with a zone')
  if (error.code !== 'retention_invalid') return error
  return bodyInvalid(body['until'] === undefined ? '$' : '$.until', 'expected a time after since')
}

const monthJson = ({ month, entries, bytes, expiresAt, expired }: LogMonth): object => ({
  month,
  entries: entries ?? null,
  bytes,
  expires_at: expiresAt,
  expired,
})

const holdJson = (hold: LegalHold): object => ({
  hold_id: hold.holdId,
  tenant_id: hold.tenantId,
  user_id: hold.userId,
  target: hold.target,
  since: hold.since,
  until: hold.until,
  reason: hold.reason,
  approved_by: hold.approvedBy,
  placed_at: hold.placedAt,
  released_at: hold.releasedAt,
})
