import type { ForwarderDraft } from '../../settings/forwarder-settings.ts'
import type { Sink } from '../../sinks/sink.ts'
import { type SinkTestReport, testSink } from '../../sinks/sink-test.ts'
import { readBody, refuseBody } from '../body.ts'
import { draftProperties, forwarderNameParameter, readForwarderName } from '../forwarder-json.ts'
import type { ProblemCode } from '../problem.ts'
import { json } from '../responses.ts'
import type { Call, Route } from '../route.ts'
import { objectOf } from '../schemas.ts'
import { recordRefusedChange } from './settings-access.ts'

const confirmWithinMs = 10_000
/** Longest message, in characters: what a receiver says may stand in it, and no more of it than this gets out. */
const longestMessage = 160

const answers = {
  'application/json': objectOf({
    ok: { type: 'boolean', description: 'Whether the event has arrived, as far as the receiver says.' },
    code: { type: 'string', description: '`delivered`, or a stable word for what went wrong.' },
    message: { type: 'string', maxLength: longestMessage },
  }),
}

const problems: readonly ProblemCode[] = [
  'destination_forbidden',
  'settings_key_missing',
  'settings_key_wrong',
  'body_malformed',
  'body_invalid',
  'body_too_large',
]

const description =
  'The event is marked as a test (`audit_log.sink_test`) and is no entry of the log; that somebody sent it is one: `audit_log.forwarder.tested`.'

/** `POST /settings/forwarders/{name}/test`: one event with the stored settings. */
export const testForwarderRoute: Route = {
  method: 'POST',
  path: '/settings/forwarders/{name}/test',
  operationId: 'testForwarder',
  summary: 'Sends one marked event with the stored settings, and says what came back',
  description,
  permission: 'settings',
  parameters: [forwarderNameParameter],
  answers,
  problems: ['parameter_invalid', 'forwarder_unknown', ...problems],
  recordRefusal: recordRefusedChange('testForwarder'),

  async handle(call) {
    const name = readForwarderName(call.values)
    await refuseBody(call.request)
    return test(call, name)
  },
}

/** `POST /settings/forwarders/test`: one event with settings that are not stored. */
export const testDraftRoute: Route = {
  method: 'POST',
  path: '/settings/forwarders/test',
  operationId: 'testForwarderDraft',
  summary: 'Sends one marked event with settings that are not stored yet, and says what came back',
  description: `Secrets that are left out are those that are stored under the name for the same destination. ${description}`,
  permission: 'settings',
  parameters: [],
  body: {
    ...objectOf({ name: forwarderNameParameter.schema, ...draftProperties }),
    required: ['name', 'kind', 'config'],
  },
  answers,
  problems,
  recordRefusal: recordRefusedChange('testForwarderDraft'),

  async handle(call) {
    const { name, kind, config, secrets } = await readBody(call.request, ['name', 'kind', 'config', 'secrets'])
    return test(call, name as string, { kind, config, secrets })
  },
}

async function test({ log, principal, signal }: Call, name: string, draft?: ForwarderDraft): Promise<Response> {
  const sink = await log.settings.sink(name, draft)
  const report = await tried(sink, signal)
  const { code, message } = verdictOf(report)
  const details = { name, destination: report.destination, test_id: report.id, code }
  const outcome = report.delivered ? 'success' : 'failure'
  await log.record('audit_log.forwarder.tested', principal, new Map(), details, outcome)
  return json({ ok: report.delivered, code, message: message.slice(0, longestMessage).toWellFormed() })
}

async function tried(sink: Sink, signal: AbortSignal): Promise<SinkTestReport> {
  try {
    return await testSink(sink, { timeoutMs: confirmWithinMs, signal })
  } finally {
    await sink.close()
  }
}

function verdictOf({ delivered, control, outcome, health, id }: SinkTestReport): { code: string; message: string } {
  if (delivered) return { code: 'delivered', message: `the receiver has taken the event ${id}` }
  if (control !== undefined && control.kind !== 'continue') return { code: control.code, message: control.detail }
  if (outcome?.kind === 'rejected' || outcome?.kind === 'quarantined') {
    return { code: outcome.code, message: outcome.reason }
  }
  if (health !== undefined && health.kind !== 'continue') return { code: health.code, message: health.detail }
  return { code: 'not_confirmed', message: `the receiver has not confirmed the event ${id}` }
}
