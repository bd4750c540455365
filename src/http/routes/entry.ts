import { proveEntry } from '../../evidence/prove-entry.ts'
import { locateEntry } from '../../query/locate-entry.ts'
import { AuditLogError } from '../../errors.ts'
import { readInteger, seqParameter } from '../parameters.ts'
import { tenantsFor } from '../principal.ts'
import { Problem } from '../problem.ts'
import { json, text } from '../responses.ts'
import type { Call, Route } from '../route.ts'
import { countSchema, objectOf, orNull, ref } from '../schemas.ts'

/** `GET /entries/{seq}`: one entry with its proof. */
export const entryRoute: Route = {
  method: 'GET',
  path: '/entries/{seq}',
  operationId: 'getEntry',
  summary: 'One entry, with the proof that the log contains it',
  permission: 'read',
  feature: 'audit_export',
  parameters: [seqParameter],
  answers: {
    'application/json': objectOf({
      entry: ref('Entry'),
      leaf_index: {
        ...orNull(countSchema),
        description: 'Its position in the log; null for the second before it has one.',
      },
      proof: {
        type: ['string', 'null'],
        description: 'A .tlog-proof file (c2sp.org/tlog-proof); null until a checkpoint covers the entry.',
      },
    }),
  },
  problems: ['parameter_invalid', 'entry_not_found', 'query_timeout'],

  async handle(call) {
    const { log, principal, values } = call
    const seq = readInteger(seqParameter, values.get('seq') ?? '')
    await log.recordView('entry', principal, values)
    const { line, leafIndex } = await readVisible(call, seq)
    const proof = leafIndex === null ? null : await proofOf(call, seq)
    return json(`{"entry":${line},"leaf_index":${leafIndex},"proof":${JSON.stringify(proof)}}`)
  },
}

/** `GET /entries/{seq}/proof`: the proof alone, as a file. */
export const proofRoute: Route = {
  method: 'GET',
  path: '/entries/{seq}/proof',
  operationId: 'getEntryProof',
  summary: 'The proof that the log contains an entry: a .tlog-proof file',
  permission: 'read',
  feature: 'audit_export',
  parameters: [seqParameter],
  answers: { 'text/plain': { type: 'string' } },
  problems: ['parameter_invalid', 'entry_not_found', 'proof_pending', 'query_timeout'],

  async handle(call) {
    const { log, principal, values } = call
    const seq = readInteger(seqParameter, values.get('seq') ?? '')
    await log.recordView('proof', principal, values)
    await readVisible(call, seq)
    const proof = await proofOf(call, seq)
    if (proof === null) throw new Problem('proof_pending', { headers: { 'retry-after': '1' } })
    return text(proof, { 'content-disposition': `attachment; filename="entry-${seq}.tlog-proof"` })
  },
}

/** An entry of another tenant is not found, as if it did not exist. */
async function readVisible(
  { log, principal, values, signal }: Call,
  seq: number,
): Promise<{ readonly line: string; readonly leafIndex: number | null }> {
  const tenants = tenantsFor(principal, values)
  return log.read(signal, async (executor, query) => {
    const found = await locateEntry(executor, log.options.schema, seq)
    if (found === undefined) throw new Problem('entry_not_found')
    const one = query.since(found.since).until(found.until).seq({ from: seq, to: seq })
    const { lines: line } = await (tenants === undefined ? one : one.tenant(tenants)).linePage()
    if (line === '') throw new Problem('entry_not_found')
    return { line, leafIndex: found.leafIndex }
  })
}

async function proofOf({ log }: Call, seq: number): Promise<string | null> {
  try {
    return await proveEntry(log.options.db, seq, { schema: log.options.schema })
  } catch (error) {
    if (error instanceof AuditLogError && error.code === 'proof_pending') return null
    throw error
  }
}
