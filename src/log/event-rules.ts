import { addContext, currentContext } from './context/context.ts'
import { type Telemetry, traceContextOf } from '../telemetry/telemetry.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import type { EventRules } from './event.ts'
import { redactionOf, type RedactOptions } from './redact.ts'

/** What decides how the events of one logger are read. */
export interface EventRulesOptions {
  readonly strict: boolean
  readonly catalogue: Catalogue
  readonly redact: boolean | RedactOptions | undefined
  readonly telemetry: Telemetry | undefined
}

/**
 * The order in which an event becomes what is stored: the context fills in what it does not say, its definition checks it,
 * secrets are taken out, and the ids of request and trace are added.
 *
 * @returns rules for events that the catalogue checks, and for those that it does not
 * @throws AuditLogError `option_invalid`
 */
export function eventRules(options: EventRulesOptions): { readonly checked: EventRules; readonly open: EventRules } {
  const { strict, catalogue, telemetry } = options
  const redact = options.redact === undefined || options.redact === false ? undefined : redactionOf(options.redact)
  const open: EventRules = {
    strict,
    complete: fillIn,
    redactText: redact?.text,
    finishDetails(details, action) {
      const masked =
        redact === undefined ? catalogue.mask(action, details) : redact.value(catalogue.mask(action, details))
      const request_id = currentContext()?.request_id
      const trace = traceContextOf(telemetry)
      if (typeof request_id !== 'string' && trace === undefined) return masked
      return addContext(masked, { request_id, ...trace })
    },
  }
  const checked: EventRules = {
    ...open,
    complete(fields) {
      fillIn(fields)
      catalogue.check(fields)
    },
  }
  return { checked, open }
}

function fillIn(fields: Record<string, unknown>): void {
  const context = currentContext()
  if (context === undefined) return
  if (fields['user_id'] === undefined) fields['user_id'] = context.user_id
  if (fields['tenant_id'] === undefined) fields['tenant_id'] = context.tenant_id
  if (fields['source_ip'] === undefined) fields['source_ip'] = context.source_ip
}
