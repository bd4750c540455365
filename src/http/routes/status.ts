import { lastVerification, type RecordedVerification } from '../../evidence/verification-record.ts'
import { verdicts } from '../../evidence/verdict.ts'
import { quoteIdentifier } from '../../schema/names.ts'
import { type PostureReport, inspect } from '../../schema/posture/inspect.ts'
import { backlogOf } from '../../sequencer/backlog.ts'
import { Checkpoints } from '../../sequencer/checkpoints.ts'
import type { Backlog } from '../../sequencer/status.ts'
import { checkpointJson } from '../checkpoint-json.ts'
import type { JsonSchema } from '../parameters.ts'
import { json } from '../responses.ts'
import type { Call, Route } from '../route.ts'
import { countSchema, dateTimeSchema, objectOf, orNull, ref } from '../schemas.ts'

const string: JsonSchema = { type: 'string' }
const boolean: JsonSchema = { type: 'boolean' }

const backlogSchema: JsonSchema = objectOf({
  entries: { ...countSchema, description: 'Committed entries without a place in the log, counted up to 10,000.' },
  oldest: orNull(objectOf({ seq: countSchema, age_ms: { type: 'number', minimum: 0 } })),
  held_by: orNull(
    objectOf({
      kind: { type: 'string', enum: ['no_sequencer', 'halted', 'locked', 'passed_over'] },
      explanation: string,
    }),
  ),
})

const tamperResistant: JsonSchema = {
  ...boolean,
  description: 'Whether guards and grants hold against the application.',
}

/** `GET /status`: how the log is doing. */
export const statusRoute: Route = {
  method: 'GET',
  path: '/status',
  operationId: 'getStatus',
  summary: 'How far the log is sequenced and signed, and what is wrong with it',
  description: 'Says something of the whole installation, whatever the tenants of the principal.',
  permission: 'inspect',
  parameters: [],
  answers: {
    'application/json': objectOf({
      tree_size: { ...countSchema, description: 'Entries that have their place in the log.' },
      checkpoint: orNull(ref('Checkpoint')),
      anomalies: { ...countSchema, description: 'Entries that did not verify when they got their place.' },
      backlog: backlogSchema,
      last_verification: {
        ...orNull(
          objectOf({
            verified_at: dateTimeSchema,
            seq: countSchema,
            recorded_by: string,
            ok: boolean,
            verdict: { enum: [...verdicts, null] },
            tree_size: orNull(countSchema),
          }),
        ),
        description: 'The newest entry `audit_log.verified`, as `audit-log verify --database --record` writes it.',
      },
      posture: objectOf({
        ok: boolean,
        tamper_resistant: tamperResistant,
        critical: countSchema,
        warnings: countSchema,
      }),
    }),
  },
  problems: ['query_timeout'],

  async handle(call) {
    const { log, signal } = call
    const quoted = quoteIdentifier(log.options.schema)
    const state = await log.read(signal, async (executor) => {
      const checkpoint = await new Checkpoints(executor, log.options.schema).latest()
      const [row] = await executor.run(
        `select tree_size::text, (select count(*) from ${quoted}.leaf_anomaly)::text as anomalies from ${quoted}.sequencer_state`,
      )
      return {
        tree_size: Number(row?.['tree_size']),
        checkpoint: checkpoint === undefined ? null : checkpointJson(checkpoint),
        anomalies: Number(row?.['anomalies']),
        backlog: backlogJson(await backlogOf(executor, log.options.schema)),
        last_verification: verificationJson(await lastVerification(executor, log.options.schema)),
      }
    })
    const { ok, tamperResistant, findings } = await inspectFor(call)
    const count = (severity: string): number => findings.filter((finding) => finding.severity === severity).length
    const posture = { ok, tamper_resistant: tamperResistant, critical: count('critical'), warnings: count('warning') }
    return json({ ...state, posture })
  },
}

/** `GET /posture`: what the database's own catalog says of the guards. */
export const postureRoute: Route = {
  method: 'GET',
  path: '/posture',
  operationId: 'getPosture',
  summary: "What the database's own catalog says of the guards, and how to mend what is wrong",
  permission: 'inspect',
  parameters: [],
  answers: {
    'application/json': objectOf({
      checked_at: dateTimeSchema,
      checked_by: string,
      schema: string,
      schema_version: orNull(countSchema),
      server_version: string,
      ok: boolean,
      tamper_resistant: tamperResistant,
      findings: {
        type: 'array',
        items: objectOf({
          code: string,
          severity: { type: 'string', enum: ['critical', 'warning', 'info'] },
          subject: string,
          meaning: string,
          detail: { type: ['string', 'null'] },
          fix: string,
        }),
      },
      not_checked: { type: 'array', items: objectOf({ check: string, reason: string }) },
    }),
  },
  problems: [],

  async handle(call) {
    const report = await inspectFor(call)
    return json({
      checked_at: report.checkedAt,
      checked_by: report.checkedBy,
      schema: report.schema,
      schema_version: report.schemaVersion ?? null,
      server_version: report.serverVersion,
      ok: report.ok,
      tamper_resistant: report.tamperResistant,
      findings: report.findings.map(({ code, severity, subject, meaning, detail, fix }) => ({
        code,
        severity,
        subject,
        meaning,
        detail: detail ?? null,
        fix,
      })),
      not_checked: report.notChecked.map(({ check, reason }) => ({ check, reason })),
    })
  },
}

function inspectFor({ log }: Call): Promise<PostureReport> {
  const { db, schema, roles } = log.options
  return inspect(db, { schema, roles })
}

function backlogJson({ entries, oldest, heldBy }: Backlog): Record<string, unknown> {
  return {
    entries,
    oldest: oldest === undefined ? null : { seq: oldest.seq, age_ms: oldest.ageMs },
    held_by: heldBy === undefined ? null : { kind: heldBy.kind, explanation: heldBy.explanation },
  }
}

function verificationJson(verification: RecordedVerification | undefined): Record<string, unknown> | null {
  if (verification === undefined) return null
  const { verifiedAt, seq, recordedBy, ok, verdict, treeSize } = verification
  return { verified_at: verifiedAt, seq, recorded_by: recordedBy, ok, verdict, tree_size: treeSize }
}
