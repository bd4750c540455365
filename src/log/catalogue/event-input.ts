import type { AuditEvent } from '../event.ts'
import type { EventDefinition, EventDefinitions } from './definition.ts'
import type { FieldsInput, FieldSpec } from './fields.ts'
import type { SchemaInput, StandardSchema } from './standard-schema.ts'

/** The details of an event of one kind. */
export type EventDetails<Definition extends EventDefinition> = Definition['details'] extends StandardSchema
  ? SchemaInput<Definition['details']>
  : Definition['details'] extends FieldSpec
    ? FieldsInput<Definition['details']>
    : Readonly<Record<string, unknown>>

type DetailsMember<Details> = object extends Details
  ? { readonly details?: Details | undefined }
  : { readonly details: Details }

type TargetMember<Target> = Target extends `${infer Prefix}<${string}`
  ? { readonly target: `${Prefix}${string}` }
  : Pick<AuditEvent, 'target'>

/** An event of one kind as the host hands it over: without `action`, with the details and target that its definition wants. */
export type EventInput<Definition extends EventDefinition> = Omit<AuditEvent, 'action' | 'details' | 'target'> &
  TargetMember<Definition['target']> &
  DetailsMember<EventDetails<Definition>>

type NextWord<Action, Path extends string> = Action extends `${Path}${infer Rest}`
  ? Rest extends `${infer Word}.${string}`
    ? Word
    : Rest
  : never

/**
 * A function for each action, at the place that its words name: `scan.completed` is at `.scan.completed`. An action may
 * go on where another one ends.
 */
export type EventCallers<Definitions extends EventDefinitions, Options, Result, Path extends string = ''> = {
  readonly [Word in NextWord<keyof Definitions, Path>]: (`${Path}${Word}` extends keyof Definitions
    ? (event: EventInput<Definitions[`${Path}${Word}`]>, options?: Options) => Promise<Result>
    : unknown) &
    (NextWord<keyof Definitions, `${Path}${Word}.`> extends never
      ? unknown
      : EventCallers<Definitions, Options, Result, `${Path}${Word}.`>)
}
