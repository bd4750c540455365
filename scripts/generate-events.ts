import { ownActions } from '../src/log/catalogue/own-actions.ts'
import { builtInEvents } from '../src/log/catalogue/built-in-events.ts'
import { siemCategory } from '../src/log/catalogue/category.ts'
import type { EventDefinition } from '../src/log/catalogue/definition.ts'
import type { FieldSpec } from '../src/log/catalogue/fields.ts'

/** The page docs/events.md, from the catalogue. */
export function eventsPage(): string {
  const events: [string, EventDefinition][] = Object.entries(builtInEvents)
  return [
    '# Events',
    '',
    'The built-in catalogue. Each event is a function of `audit.events`, at the place that its action names:',
    '',
    '```ts',
    "await audit.events.scan.completed({ target: 'scan:7', details: { duration_ms: 1200, findings: 3 } })",
    '```',
    '',
    'What an event needs is checked before anything is sent: a target of another form, a member that is missing, misspelt or of',
    'another type is refused with the code `event_breaks_definition` and the path of the fault. `audit.log()` records any action',
    'unchecked, unless the logger was made with `onlyKnownActions: true`.',
    '',
    'Kinds of members: `text` is a string that is not blank; `whole` a whole number of at least 0; `flag` true or false; `time` a',
    'Date or RFC 3339 text with a zone, `future` one that is still to come; `object` a plain object; `changes` settings with their',
    'values, `{ name: { before, after } }`; words with `|` between them mean one of these words; `[]` is a list. A `?` marks what may',
    'be left out. In members of the kinds `changes` and `masked` whatever looks like a secret is recorded as `[redacted]`.',
    '',
    '`details.context` is reserved: there the library records `request_id`, `trace_id` and `span_id` ([context.md](context.md)).',
    '',
    '| action | severity | target | what happened |',
    '|---|---|---|---|',
    ...events.map(
      ([action, { severity, target, description }]) =>
        `| [\`${action}\`](#${action.replaceAll('.', '')}) | ${severity} | ${target === undefined ? '' : `\`${target}\``} | ${description} |`,
    ),
    '',
    ...events.flatMap(([action, definition]) => eventSection(action, definition)),
    '## Your own events',
    '',
    'With a schema of zod, valibot, arktype or any other library that implements',
    '[Standard Schema](https://standardschema.dev), as long as it validates synchronously; or, without a library, with a',
    'description of the members as in the tables above:',
    '',
    '```ts',
    'const events = defineEvents({',
    "  'invoice.paid': {",
    "    description: 'A customer paid an invoice.',",
    "    severity: 'informational',",
    "    subject: 'data',",
    "    verb: 'change',",
    "    target: 'invoice:<invoice id>',",
    '    details: z.object({ amount: z.number(), currency: z.string().length(3) }),',
    '  },',
    "  'invoice.sent': {",
    "    description: 'An invoice was sent.',",
    "    severity: 'informational',",
    "    subject: 'data',",
    "    verb: 'info',",
    "    details: { channel: ['email|post', 'How it was sent.'] },",
    '  },',
    '})',
    'const audit = new AuditLogger({ db: pool, events })',
    "await audit.events.invoice.paid({ target: 'invoice:7', details: { amount: 12.5, currency: 'EUR' } })",
    '```',
    '',
    'What a schema library says of a value may quote it, so the error of a refused event holds only the path. A built-in event may',
    'be defined anew, except those of `risk.`, which [the register of accepted risks](risk.md) reads.',
    '',
    '## What the library records of itself',
    '',
    '| action | |',
    '|---|---|',
    ...Object.entries(ownActions).map(([action, meaning]) => `| \`${action}\` | ${meaning} |`),
    '| `audit_log.forwarder.*` | The settings of a forwarder were changed. |',
    '',
    '## In a SIEM',
    '',
    '`categoryOf(action, events)` says where an event belongs in ECS, OCSF, CIM and ASIM; for an action that no catalogue has it',
    "guesses from the words. The sinks use the same, without the host's definitions: Elastic's `event.category` and `event.type`,",
    "Sentinel's `EventType`, and the OCSF class where the target is no user.",
    '',
  ].join('\n')
}

function eventSection(action: string, definition: EventDefinition): string[] {
  const { description, severity, subject, verb, target, outcome, apart } = definition
  const { ecs, ocsf, cim } = siemCategory(subject, verb)
  const spec = Object.entries((definition.details ?? {}) as FieldSpec)
  const change = cim.model === 'Change' ? `Change${cim.action === null ? '' : `, ${cim.action}`}` : cim.model
  return [
    `## ${action}`,
    '',
    description,
    '',
    `Severity ${severity}. Target ${target === undefined ? 'free' : `\`${target}\``}.` +
      (outcome === undefined ? '' : ` Outcome \`${outcome}\` unless the event says otherwise.`),
    `ECS ${ecs.category.join(' + ')} / ${ecs.type.join(' + ')}; OCSF class ${ocsf.class_uid}, activity ${ocsf.activity_id}; CIM ${change}.`,
    '',
    ...(spec.length === 0
      ? ['No details.', '']
      : [
          '| member | kind | |',
          '|---|---|---|',
          ...spec.map(([name, [kind, meaning]]) => `| \`${name}\` | \`${kind.replaceAll('|', '\\|')}\` | ${meaning} |`),
          '',
        ]),
    ...(apart === undefined
      ? []
      : [`\`${apart[0]}\` and \`${apart[1]}\` must be different people, however their names are written.`, '']),
  ]
}
