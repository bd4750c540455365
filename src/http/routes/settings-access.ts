import type { Permission } from '../principal.ts'
import type { ProblemCode } from '../problem.ts'
import type { Call } from '../route.ts'

/** Who may see the settings, which say something of the whole installation. */
export const settingsReaders: readonly Permission[] = ['settings', 'inspect']

/** Records an attempt to change the settings that was refused. */
export function recordRefusedChange(operation: string): (call: Call, reason: ProblemCode) => Promise<void> {
  return ({ log, principal, values }, reason) =>
    log.record('audit_log.settings.changed', principal, new Map(), { operation, reason, ...nameIn(values) }, 'denied')
}

const nameIn = (values: ReadonlyMap<string, string>): Record<string, string> => {
  const name = values.get('name')
  return name === undefined ? {} : { name }
}
