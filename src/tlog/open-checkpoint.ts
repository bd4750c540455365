import { AuditLogError } from '../errors.ts'
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts'
import { cosignatureTimeSeconds } from './cosignature.ts'
import { keyOf, type NoteSignature, parseNote, verifyNote } from './note.ts'
import { meetsQuorum, type Policy } from './policy.ts'

/** A checkpoint that was verified under a policy. */
export interface OpenedCheckpoint extends Checkpoint {
  /** Those of the policy's keys, all verified. */
  readonly signatures: readonly NoteSignature[]
  /** Which of the policy's witnesses cosigned. */
  readonly cosignatures: readonly Cosignature[]
}

/** That a witness had seen this tree head, and none of another history, at a time. */
export interface Cosignature {
  /** The name of the witness in the policy. */
  readonly witness: string
  /** Seconds since 1970, by the clock of the witness. */
  readonly timeSeconds: number
}

/**
 * Opens a checkpoint and verifies it under a policy: a log of the policy must have signed it with a key whose name is
 * the checkpoint's origin, and the quorum of witnesses must have cosigned it. Signatures of unknown keys are left
 * aside.
 *
 * @param note the signed checkpoint; may come from an attacker
 * @param policy from `parsePolicy`, or from `trustLogs` where no witness is asked for
 * @throws AuditLogError `option_invalid` without a policy; `note_malformed`, `checkpoint_malformed`; `checkpoint_foreign` when the policy has no log of
 * that origin; `signature_invalid` when a signature of a known key does not verify; `note_unverified` when the log did
 * not sign; `quorum_missing` when not enough witnesses did
 * @example
 * const checkpoint = await openCheckpoint(note, trustLogs([verifierKey]))
 */
export async function openCheckpoint(note: string | Uint8Array, policy: Policy): Promise<OpenedCheckpoint> {
  // Where TypeScript does not look: a verifier that was not told whom to trust must not end as if the log were at fault.
  if (!Array.isArray((policy as Partial<Policy> | undefined)?.logs)) {
    throw new AuditLogError('option_invalid', 'expected a policy, from trustLogs() or parsePolicy(), at $.policy', {
      path: '$.policy',
    })
  }
  const unverified = parseNote(note)
  const checkpoint = parseCheckpoint(unverified.text)
  const logKeys = policy.logs.map(({ verifier }) => verifier).filter(({ name }) => name === checkpoint.origin)
  if (logKeys.length === 0) throw new AuditLogError('checkpoint_foreign', 'the policy names no log of this origin')

  const witnessKeys = policy.witnesses.map(({ verifier }) => verifier)
  const { signatures } = await verifyNote(unverified, [...logKeys, ...witnessKeys])
  const signedBy = new Map(signatures.map((signature) => [keyOf(signature), signature]))
  if (!logKeys.some((key) => signedBy.has(keyOf(key)))) {
    throw new AuditLogError('note_unverified', 'the log has not signed the checkpoint')
  }
  const cosignatures: Cosignature[] = []
  for (const { name, verifier } of policy.witnesses) {
    const signature = signedBy.get(keyOf(verifier))
    if (signature !== undefined) cosignatures.push({ witness: name, timeSeconds: cosignatureTimeSeconds(signature) })
  }
  if (
    !meetsQuorum(
      policy,
      cosignatures.map(({ witness }) => witness),
    )
  ) {
    throw new AuditLogError('quorum_missing', 'not enough witnesses have cosigned the checkpoint')
  }
  return { ...checkpoint, signatures, cosignatures }
}
