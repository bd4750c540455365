import type { Entry } from '../../canonical/entry.ts'
import { nameOf } from '../catalogue/catalogue.ts'
import { timeOf } from '../catalogue/fields.ts'

/** What was approved when a risk was accepted or its acceptance renewed. */
export interface RiskTerms {
  readonly justification: string
  readonly requester: string
  readonly approver: string
  /** When it ends: RFC 3339 in UTC with milliseconds. */
  readonly expires_at: string
}

/**
 * Why an entry has no effect on an acceptance. The catalogue refuses such events; another writer, in SQL, can record them.
 *
 * - `no_acceptance_id`, `no_justification`, `no_requester`, `no_approver`, `no_expiry`: details that are missing
 * - `approver_is_requester`
 * - `not_successful`: its outcome is not `success`: somebody tried
 * - `renewed_after_revocation`: what was revoked must be accepted anew
 * - `expired_early`: says that it has expired while its terms go on
 * - `altered`: the entry does not hash to its `entry_hash`, or its leaf has another one
 */
export type RiskFault =
  | 'no_acceptance_id'
  | 'no_justification'
  | 'no_requester'
  | 'no_approver'
  | 'no_expiry'
  | 'approver_is_requester'
  | 'not_successful'
  | 'renewed_after_revocation'
  | 'expired_early'
  | 'altered'

/** An entry about an acceptance, as the register found it. */
export interface RiskEntry {
  readonly entry: Entry
  /** Its place in the transparency log; null as long as it has none. */
  readonly leafIndex: number | null
  /** Whether the entry hashes to its `entry_hash` and its leaf has the same. */
  readonly intact: boolean
}

/** One entry in the history of an acceptance. */
export interface RiskStep extends RiskEntry {
  /** Why it has no effect; empty when it has. */
  readonly faults: readonly RiskFault[]
}

/** What became of an acceptance by some time. */
export interface FoldedAcceptance<Step extends RiskStep = RiskStep> {
  readonly acceptance_id: string
  readonly tenant_id: string | null
  /** What the risk is about, e.g. `finding:42`. */
  readonly target: string | null
  /**
   * - `in_force`, `about_to_expire`: the risk is accepted
   * - `expired`: its time is over, whether that has been recorded or not
   * - `revoked`
   * - `invalid`: no entry ever accepted it as the catalogue wants
   */
  readonly status: 'in_force' | 'about_to_expire' | 'expired' | 'revoked' | 'invalid'
  /** The terms that were approved last; undefined when there never were any. */
  readonly terms: RiskTerms | undefined
  /** The entry that the status follows from: the last one that had an effect. */
  readonly decidedBy: Step
  /** Every entry about it, in the order of the log. */
  readonly history: readonly Step[]
  /** Whether there is an entry that says that it has expired. */
  readonly expiryRecorded: boolean
}

/** The actions that the register reads. */
export const riskActions = ['risk.accepted', 'risk.renewed', 'risk.revoked', 'risk.expired'] as const

interface Folding {
  readonly history: RiskStep[]
  terms: RiskTerms | undefined
  decidedBy: RiskStep | undefined
  revoked: boolean
  expiryRecorded: boolean
}

/**
 * What became of each acceptance, from the entries about them alone. An acceptance is what has the same id, tenant and
 * target; nothing that was recorded of one is left out.
 *
 * @param entries in the order of the log
 * @param asOf in milliseconds since 1970
 * @param soonMs what ends within this time is about to expire
 */
export function foldAcceptances(entries: readonly RiskEntry[], asOf: number, soonMs: number): FoldedAcceptance[] {
  const acceptances = new Map<string, Folding>()
  for (const found of entries) {
    const { entry } = found
    const id = text(entry.details['acceptance_id'])
    const key = JSON.stringify(id === undefined ? [entry.seq] : [entry.tenant_id, entry.target, id])
    let folding = acceptances.get(key)
    if (folding === undefined) {
      folding = { history: [], terms: undefined, decidedBy: undefined, revoked: false, expiryRecorded: false }
      acceptances.set(key, folding)
    }
    apply(folding, found)
  }
  return [...acceptances.values()].map((folding) => outcomeOf(folding, asOf, soonMs))
}

function apply(folding: Folding, found: RiskEntry): void {
  const { entry } = found
  const faults = entry.outcome === 'success' ? faultsOf(folding, found) : (['not_successful'] as const)
  const step: RiskStep = { ...found, faults }
  folding.history.push(step)
  // In doubt a risk is not accepted: a revocation counts whatever else may be wrong with it.
  const revokes = entry.action === 'risk.revoked' && entry.outcome === 'success'
  if (faults.length > 0 && !revokes) return
  folding.decidedBy = step
  if (revokes) folding.revoked = true
  else if (entry.action === 'risk.expired') folding.expiryRecorded = true
  else {
    folding.terms = termsOf(entry)
    folding.revoked = false
    folding.expiryRecorded = false
  }
}

function faultsOf(folding: Folding, { entry, intact }: RiskEntry): RiskFault[] {
  const faults: RiskFault[] = intact ? [] : ['altered']
  if (text(entry.details['acceptance_id']) === undefined) faults.push('no_acceptance_id')
  if (entry.action === 'risk.expired') {
    const { terms } = folding
    if (terms === undefined || Date.parse(terms.expires_at) > Date.parse(entry.timestamp)) faults.push('expired_early')
  } else if (entry.action !== 'risk.revoked') {
    if (entry.action === 'risk.renewed' && folding.revoked) faults.push('renewed_after_revocation')
    const { justification, requester, approver, expires_at } = entry.details
    if (text(justification) === undefined) faults.push('no_justification')
    if (text(requester) === undefined) faults.push('no_requester')
    if (text(approver) === undefined) faults.push('no_approver')
    else if (nameOf(approver) === nameOf(requester)) faults.push('approver_is_requester')
    if (Number.isNaN(timeOf(expires_at))) faults.push('no_expiry')
  }
  return faults
}

function termsOf({ details }: Entry): RiskTerms {
  return {
    justification: text(details['justification']) ?? '',
    requester: text(details['requester']) ?? '',
    approver: text(details['approver']) ?? '',
    expires_at: new Date(timeOf(details['expires_at'])).toISOString(),
  }
}

function outcomeOf(folding: Folding, asOf: number, soonMs: number): FoldedAcceptance {
  const { history, terms, revoked, expiryRecorded } = folding
  const first = history[0] as RiskStep
  const { entry } = first
  return {
    acceptance_id: text(entry.details['acceptance_id']) ?? '',
    tenant_id: entry.tenant_id,
    target: entry.target,
    status: revoked ? 'revoked' : statusOf(terms, asOf, soonMs),
    terms,
    decidedBy: folding.decidedBy ?? first,
    history,
    expiryRecorded,
  }
}

function statusOf(terms: RiskTerms | undefined, asOf: number, soonMs: number): FoldedAcceptance['status'] {
  if (terms === undefined) return 'invalid'
  const left = Date.parse(terms.expires_at) - asOf
  return left <= 0 ? 'expired' : left <= soonMs ? 'about_to_expire' : 'in_force'
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined
}
