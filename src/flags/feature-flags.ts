import { optionInvalid } from '../option.ts'

/** The features that a host can switch on. All of them are off until its flags say otherwise. */
export type FeatureFlag = 'audit_export' | 'audit_extended_retention'

/** What a flag may depend on: an evaluation context of OpenFeature (specification section 3). */
export interface FlagContext {
  /** Who asks. */
  readonly targetingKey: string
  /** The tenants that are asked for, joined by commas; `*` for all of them. */
  readonly tenants: string
}

/** The part of an OpenFeature client (`@openfeature/server-sdk`) that is used. */
export interface FlagClient {
  getBooleanValue(flag: string, defaultValue: boolean, context?: Record<string, string>): Promise<boolean>
}

/** Where the flags come from: an OpenFeature client, or a plain object that names those that are on. */
export type FeatureFlags = FlagClient | Partial<Readonly<Record<FeatureFlag, boolean>>>

const answerWithinMs = 1000

/**
 * Whether a feature is on, asked anew each time: no answer is kept.
 *
 * Fails closed: a client that throws, answers anything but `true`, or does not answer within a second has said no.
 */
export async function isEnabled(flags: FeatureFlags, flag: FeatureFlag, context: FlagContext): Promise<boolean> {
  if (!isClient(flags)) return Object.hasOwn(flags, flag) && flags[flag] === true
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, answerWithinMs, false)
  })
  try {
    return (await Promise.race<unknown>([flags.getBooleanValue(flag, false, { ...context }), silence])) === true
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** @throws AuditLogError `option_invalid` when it is neither a client nor a plain object of booleans */
export function checkFlags(flags: unknown): FeatureFlags {
  if (typeof flags === 'object' && flags !== null) {
    if (isClient(flags) || Object.values(flags).every((value) => typeof value === 'boolean')) return flags
  }
  throw optionInvalid('an OpenFeature client, or an object such as { audit_export: true }', '$.flags')
}

function isClient(flags: object): flags is FlagClient {
  return typeof (flags as Partial<FlagClient>).getBooleanValue === 'function'
}
