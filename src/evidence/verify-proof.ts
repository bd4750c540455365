import { hashEntry } from '../canonical/entry.ts'
import { AuditLogError } from '../errors.ts'
import { hashLeaf, parseTlogProof, type Policy, verifyInclusion } from '../tlog/index.ts'
import { Findings, openOrFind, type VerificationReport } from './verdict.ts'

/** Options of {@link verifyProof}. */
export interface VerifyProofOptions {
  /** Whose checkpoints are trusted. */
  readonly policy: Policy
  /**
   * What the proof is about, from the caller's own hands: an entry as it was exported, of which the hash is computed, or an
   * `entry_hash`.
   */
  readonly entry: unknown
}

/**
 * Verifies a `.tlog-proof` file: that the log contains the entry.
 *
 * @param proof at most 2,000,000 bytes; may come from an attacker
 * @throws AuditLogError `proof_malformed`; `option_invalid` when `entry` is none
 */
export async function verifyProof(
  proof: string | Uint8Array,
  { policy, entry }: VerifyProofOptions,
): Promise<VerificationReport> {
  const findings = new Findings()
  const entryHash = hashOf(entry)
  const { index, hashes, checkpoint } = parseTlogProof(proof)
  const head = await openOrFind(checkpoint, policy, findings)
  if (head === undefined) return findings.report({})
  try {
    verifyInclusion(head, index, hashLeaf(Buffer.from(entryHash, 'hex')), hashes)
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error
    findings.add('altered', 'the entry, the proof or both are not what the log has', { leafIndex: index })
  }
  const { origin, size, cosignatures } = head
  return findings.report({ origin, size, begin: index, entries: 1, cosignatures })
}

function hashOf(entry: unknown): string {
  if (typeof entry === 'string' && /^[0-9a-f]{64}$/.test(entry)) return entry
  try {
    if (typeof entry === 'object' && entry !== null) return hashEntry(entry as Parameters<typeof hashEntry>[0])
  } catch (error) {
    if (!(error instanceof AuditLogError)) throw error
  }
  throw new AuditLogError('option_invalid', 'expected an entry, or an entry_hash of 64 hexadecimal digits', {
    path: '$.entry',
  })
}
