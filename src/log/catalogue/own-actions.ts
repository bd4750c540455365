/**
 * What the library records of itself. These need no definition, so that a host that takes only known actions can still have
 * exports, postures and purges recorded; nobody is offered a function for them.
 */
export const ownActions: Readonly<Record<string, string>> = {
  'audit_log.viewed': 'Somebody looked at the log through the REST API, where the host wants that recorded.',
  'audit_log.export_started': 'Somebody began to export the log, or was not allowed to.',
  'audit_log.export_ended': 'An export ended, with how many entries it had.',
  'audit_log.evidence_made': 'An evidence pack was made.',
  'audit_log.verified': 'The log was verified, with the verdict.',
  'audit_log.posture.checked': 'The guards of the log were looked at, with what was found.',
  'audit_log.retention.extended': 'The retention was lengthened.',
  'audit_log.legal_hold.placed': 'Entries were put under legal hold.',
  'audit_log.legal_hold.released': 'A legal hold was released.',
  'audit_log.cleared': 'A month that has expired was found covered by an archive that verifies.',
  'audit_log.purged': 'A month was purged.',
}

/** Whether an action is the library's own: those above, and what settings of forwarders are recorded as. */
export function isOwnAction(action: unknown): boolean {
  return typeof action === 'string' && action.startsWith('audit_log.')
}
