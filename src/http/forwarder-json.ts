import { databaseOver, type Executor } from '../database/database.ts'
import { quoteIdentifier } from '../schema/names.ts'
import type { SettingField } from '../settings/field.ts'
import type { ConfiguredForwarder } from '../settings/forwarder-settings.ts'
import { forwarderKinds } from '../settings/kinds.ts'
import { forwarderName, forwarderNameForm } from '../sinks/forwarder/forwarder-name.ts'
import { type ForwarderRow, readForwarders } from '../sinks/forwarder/forwarder-state.ts'
import type { JsonSchema, Parameter } from './parameters.ts'
import { Problem } from './problem.ts'
import { countSchema, dateTimeSchema, objectOf } from './schemas.ts'

const string = { type: 'string' }
const boolean = { type: 'boolean' }

export const forwarderNameParameter: Parameter = {
  name: 'name',
  in: 'path',
  description: 'The name of the forwarder.',
  schema: { type: 'string', pattern: forwarderName.source },
}

/** @throws Problem `parameter_invalid` */
export function readForwarderName(values: ReadonlyMap<string, string>): string {
  const name = values.get('name') ?? ''
  if (forwarderName.test(name)) return name
  throw new Problem('parameter_invalid', { parameter: 'name', detail: `expected ${forwarderNameForm}` })
}

const configSchema = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean', 'null'] } }
const secretsSchema = { type: 'object', additionalProperties: { type: ['string', 'null'] } }

/** The members of what `PUT` takes; the fields of each kind are in `kinds`. */
export const draftProperties: Readonly<Record<string, JsonSchema>> = {
  kind: { type: 'string', enum: forwarderKinds.map(({ kind }) => kind) },
  config: configSchema,
  secrets: { ...secretsSchema, description: 'Those that are new; null removes one. The others stay.' },
}

export const forwarderSchema: JsonSchema = objectOf({
  name: string,
  kind: string,
  config: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
  secrets_set: { type: 'array', items: string, description: 'Secrets that are stored. They are never shown.' },
  paused: boolean,
  behind: { ...countSchema, description: 'Leaves of the log that are neither delivered nor in the dead letter.' },
  delivered: countSchema,
  dead_lettered: countSchema,
  problem: {
    type: ['string', 'null'],
    description: 'Code of what keeps it from sending; `not_running` when no process is at it.',
  },
  updated_at: { ...dateTimeSchema, description: 'When its settings were changed last.' },
})

export const kindSchema: JsonSchema = objectOf({
  kind: string,
  title: string,
  fields: {
    type: 'array',
    items: {
      ...objectOf({
        name: string,
        title: string,
        type: { type: 'string', enum: ['text', 'url', 'number', 'boolean', 'select', 'secret'] },
        required: boolean,
        help: string,
        options: { type: 'array', items: string },
        default: { type: ['string', 'number', 'boolean'] },
        multiline: boolean,
        minimum: { type: 'integer' },
        maximum: { type: 'integer' },
        binds_secrets: { ...boolean, description: 'When it changes, secrets must be entered again.' },
      }),
      required: ['name', 'title', 'type', 'required', 'help'],
    },
  },
})

/** The kinds of destinations and the fields of their forms. */
export const kindsJson: readonly object[] = forwarderKinds.map(({ kind, title, fields }) => ({
  kind,
  title,
  fields: fields.map(fieldJson),
}))

function fieldJson({ range, bindsSecrets, ...field }: SettingField): object {
  return {
    ...field,
    ...(range === undefined ? {} : { minimum: range[0], maximum: range[1] }),
    ...(bindsSecrets === undefined ? {} : { binds_secrets: bindsSecrets }),
  }
}

/** How forwarders are doing: their settings, and what their rows say. */
export async function forwardersJson(
  executor: Executor,
  schema: string,
  configured: readonly ConfiguredForwarder[],
): Promise<readonly object[]> {
  const rows = await readForwarders(databaseOver(executor), schema)
  const [state] = await executor.run(`select tree_size::text from ${quoteIdentifier(schema)}.sequencer_state`)
  const treeSize = Number(state?.['tree_size'] ?? 0)
  return configured.map((forwarder) => {
    const row = rows.find(({ name }) => name === forwarder.name)
    const { name, kind, config, secretsSet, paused, updatedAt } = forwarder
    return {
      name,
      kind,
      config,
      secrets_set: secretsSet,
      paused: paused || row?.held === true,
      behind: Math.max(0, treeSize - (row?.position.leafIndex ?? 0)),
      delivered: row?.delivered ?? 0,
      dead_lettered: row?.deadLettered ?? 0,
      problem: paused ? null : problemOf(row),
      updated_at: updatedAt,
    }
  })
}

/** What a process said that could not start it still holds while none is at it; what one said that was at it does not. */
function problemOf(row: ForwarderRow | undefined): string | null {
  if (row?.active === true) return row.problem ?? null
  const notStarted = /^(setting|destination)/.test(row?.problem ?? '')
  return notStarted ? (row?.problem ?? null) : 'not_running'
}
