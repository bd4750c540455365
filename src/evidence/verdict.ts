import { AuditLogError } from '../errors.ts'
import { openCheckpoint, type OpenedCheckpoint, parseCheckpoint, parseNote, type Policy } from '../tlog/index.ts'

/**
 * What a verification says. Stable; from the worst to the best, and a report has the worst of its findings'.
 *
 * | verdict | meaning |
 * |---|---|
 * | `unsigned` | there is no checkpoint, or nobody signed it |
 * | `wrong_key` | the checkpoint is signed, but not with a key of the log that was given |
 * | `signature_invalid` | a signature by a given key does not verify: the checkpoint was altered |
 * | `foreign` | the checkpoint is of another log |
 * | `quorum_missing` | not enough witnesses of the policy have cosigned the checkpoint |
 * | `fork` | two checkpoints that were signed contradict each other: the log was rewritten and signed again |
 * | `restored_to_earlier` | the log is shorter than one that was signed before: it was put back to an earlier state |
 * | `entry_edited` | an entry is not what was hashed into the tree |
 * | `entry_added` | there is an entry that is not in the tree |
 * | `entry_missing` | an entry that is in the tree is not there, and no purge accounts for it |
 * | `order_changed` | entries are in another order than in the tree |
 * | `truncated` | the last entries, or the end of the file, are missing |
 * | `altered` | something was altered, and what is left does not tell what |
 * | `damaged` | the entries are intact, but tiles, files or stored hashes beside them are missing or altered |
 * | `unexpected_file` | there are files that the checkpoint does not cover: planted, or of a run that was interrupted |
 * | `not_canonical` | an entry is in the tree and not in canonical form, so that two programs may read different values |
 * | `unsequenced` | entries of the live log are not in the tree although later ones are |
 * | `purged` | everything that is there is intact; the entries that are not were removed by recorded purges |
 * | `intact` | everything is there and is what was signed |
 */
export type Verdict = (typeof verdicts)[number]

export const verdicts = [
  'unsigned',
  'wrong_key',
  'signature_invalid',
  'foreign',
  'quorum_missing',
  'fork',
  'restored_to_earlier',
  'entry_edited',
  'entry_added',
  'entry_missing',
  'order_changed',
  'truncated',
  'altered',
  'damaged',
  'unexpected_file',
  'not_canonical',
  'unsequenced',
  'purged',
  'intact',
] as const

/** One thing that is not as it should be. */
export interface VerificationFinding {
  readonly verdict: Verdict
  /** What is wrong, in words, without event contents. */
  readonly message: string
  /** The leaf it is about, or the first of several. */
  readonly leafIndex?: number | undefined
  /** Behind the last leaf it is about. */
  readonly leafEnd?: number | undefined
  /** What the entry says of itself. Not verified when it was edited. */
  readonly seq?: number | undefined
  /** The field that was edited, when that can be known. */
  readonly field?: string | undefined
  /** The value with which the hash fits: the one before the edit. */
  readonly original?: unknown
  /** The file it is about. */
  readonly file?: string | undefined
}

/** What a verification found. */
export interface VerificationReport {
  readonly verdict: Verdict
  /** True for `intact` and `purged`: everything that is there is what was signed. */
  readonly ok: boolean
  /** The log's origin. Undefined without a checkpoint that can be trusted. */
  readonly origin: string | undefined
  /** Leaves that the checkpoint covers. */
  readonly size: number
  /** The first leaf that was looked at: 0, or where the earlier checkpoint ends. */
  readonly begin: number
  /** Entries from `begin` on that were hashed. */
  readonly entries: number
  /** Leaves whose entries were purged. */
  readonly purged: number
  /** Bytes of entries that were read. */
  readonly bytes: number
  /** Which witnesses of the policy cosigned, and when, in seconds since 1970. */
  readonly cosignatures: OpenedCheckpoint['cosignatures']
  /** At most 1,000. */
  readonly findings: readonly VerificationFinding[]
}

const mostFindings = 1000

/** Collects what a verification finds. */
export class Findings {
  readonly #findings: VerificationFinding[] = []
  #worst: Verdict = 'intact'

  add(verdict: Verdict, message: string, about: Omit<VerificationFinding, 'verdict' | 'message'> = {}): void {
    if (verdicts.indexOf(verdict) < verdicts.indexOf(this.#worst)) this.#worst = verdict
    if (this.#findings.length < mostFindings) this.#findings.push({ verdict, message, ...about })
  }

  /** Whether anything but purges was found. */
  get anyFault(): boolean {
    return this.#worst !== 'intact' && this.#worst !== 'purged'
  }

  report(facts: Partial<Omit<VerificationReport, 'verdict' | 'ok' | 'findings'>>): VerificationReport {
    return {
      origin: undefined,
      size: 0,
      begin: 0,
      entries: 0,
      purged: 0,
      bytes: 0,
      cosignatures: [],
      ...facts,
      verdict: this.#worst,
      ok: this.#worst === 'intact' || this.#worst === 'purged',
      findings: this.#findings,
    }
  }
}

/** Opens a checkpoint under a policy, or finds out why it cannot be trusted. */
export async function openOrFind(
  note: string | Uint8Array,
  policy: Policy,
  findings: Findings,
): Promise<OpenedCheckpoint | undefined> {
  try {
    return await openCheckpoint(note, policy)
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error
    const found = untrusted[error.code]
    if (found === undefined) throw error
    const verdict = found === 'unsigned' ? whoSigned(note) : found
    findings.add(verdict, `the checkpoint cannot be trusted: ${error.message}`)
    return undefined
  }
}

const untrusted: Partial<Record<AuditLogError['code'], Verdict>> = {
  note_malformed: 'unsigned',
  checkpoint_malformed: 'unsigned',
  note_unverified: 'unsigned',
  signature_invalid: 'signature_invalid',
  checkpoint_foreign: 'foreign',
  quorum_missing: 'quorum_missing',
}

/** Whether a checkpoint that no given key of the log signed carries a signature in the log's name. */
function whoSigned(note: string | Uint8Array): Verdict {
  try {
    const { text, signatures } = parseNote(note)
    const { origin } = parseCheckpoint(text)
    return signatures.some(({ name }) => name === origin) ? 'wrong_key' : 'unsigned'
  } catch (error) {
    if (error instanceof AuditLogError) return 'unsigned'
    throw error
  }
}
