import { readBody, refuseBody } from '../body.ts'
import {
  draftProperties,
  forwarderNameParameter,
  forwarderSchema,
  forwardersJson,
  kindSchema,
  kindsJson,
  readForwarderName,
} from '../forwarder-json.ts'
import { json } from '../responses.ts'
import type { Call, Route } from '../route.ts'
import { objectOf } from '../schemas.ts'
import { recordRefusedChange, settingsReaders } from './settings-access.ts'

/** `GET /settings/forwarders`: what can be configured, and what is. */
export const forwardersRoute: Route = {
  method: 'GET',
  path: '/settings/forwarders',
  operationId: 'listForwarders',
  summary: 'The kinds of destinations with their fields, and the forwarders that are configured',
  description: 'Secrets are never shown.',
  permission: settingsReaders,
  parameters: [],
  answers: {
    'application/json': objectOf({
      kinds: { type: 'array', items: kindSchema },
      forwarders: { type: 'array', items: forwarderSchema },
    }),
  },
  problems: ['query_timeout'],

  async handle({ log, principal, values, signal }) {
    await log.recordView('forwarders', principal, values)
    const configured = await log.settings.list()
    const forwarders = await log.read(signal, (executor) => forwardersJson(executor, log.options.schema, configured))
    return json({ kinds: kindsJson, forwarders })
  },
}

/** `PUT /settings/forwarders/{name}`: adds one, or changes it. */
export const putForwarderRoute: Route = {
  method: 'PUT',
  path: '/settings/forwarders/{name}',
  operationId: 'putForwarder',
  summary: 'Adds a forwarder or changes it',
  description:
    'Takes effect within seconds, without a restart. Secrets that are left out stay, unless the destination changes: they are bound to it and must be entered again. The change is the entry `audit_log.forwarder.added` or `audit_log.forwarder.changed`, written in the same transaction, without secrets.',
  permission: 'settings',
  parameters: [forwarderNameParameter],
  body: { ...objectOf(draftProperties), required: ['kind', 'config'] },
  answers: { 'application/json': forwarderSchema },
  problems: [
    'parameter_invalid',
    'destination_forbidden',
    'settings_key_missing',
    'settings_key_wrong',
    'settings_busy',
    'query_timeout',
  ],
  recordRefusal: recordRefusedChange('putForwarder'),

  async handle(call) {
    const name = readForwarderName(call.values)
    const { kind, config, secrets } = await readBody(call.request, ['kind', 'config', 'secrets'])
    await call.log.settings.put(name, { kind, config, secrets }, call.principal)
    return answerWith(call, name)
  },
}

/** `DELETE /settings/forwarders/{name}`. */
export const deleteForwarderRoute: Route = {
  method: 'DELETE',
  path: '/settings/forwarders/{name}',
  operationId: 'deleteForwarder',
  summary: 'Removes a forwarder',
  description:
    'Its position in the log stays: one that is added by the same name later goes on from there. The change is the entry `audit_log.forwarder.removed`.',
  permission: 'settings',
  parameters: [forwarderNameParameter],
  answers: { 'application/json': objectOf({ name: { type: 'string' } }) },
  problems: [
    'parameter_invalid',
    'body_malformed',
    'body_invalid',
    'body_too_large',
    'forwarder_unknown',
    'settings_busy',
  ],
  recordRefusal: recordRefusedChange('deleteForwarder'),

  async handle({ request, principal, values, log }) {
    const name = readForwarderName(values)
    await refuseBody(request)
    await log.settings.remove(name, principal)
    return json({ name })
  },
}

/** `POST /settings/forwarders/{name}/pause` */
export const pauseForwarderRoute: Route = pauseRoute('pause', true)
/** `POST /settings/forwarders/{name}/resume` */
export const resumeForwarderRoute: Route = pauseRoute('resume', false)

function pauseRoute(verb: 'pause' | 'resume', paused: boolean): Route {
  const operationId = `${verb}Forwarder`
  return {
    method: 'POST',
    path: `/settings/forwarders/{name}/${verb}`,
    operationId,
    summary: paused ? 'Holds a forwarder until it is resumed' : 'Lets a forwarder go on where it was',
    description: `Takes effect within seconds. The change is the entry \`audit_log.forwarder.${verb}d\`.`,
    permission: 'settings',
    parameters: [forwarderNameParameter],
    answers: { 'application/json': forwarderSchema },
    problems: [
      'parameter_invalid',
      'body_malformed',
      'body_invalid',
      'body_too_large',
      'forwarder_unknown',
      'settings_busy',
      'query_timeout',
    ],
    recordRefusal: recordRefusedChange(operationId),

    async handle(call) {
      const name = readForwarderName(call.values)
      await refuseBody(call.request)
      await call.log.settings.pause(name, paused, call.principal)
      return answerWith(call, name)
    },
  }
}

async function answerWith({ log, signal }: Call, name: string): Promise<Response> {
  const forwarder = await log.settings.get(name)
  const [found] = await log.read(signal, (executor) => forwardersJson(executor, log.options.schema, [forwarder]))
  return json(found)
}
