import { type Entry, findEntryFault } from '../../../canonical/entry.ts'
import { AuditLogError, type AuditLogErrorCode } from '../../../errors.ts'
import { hashLeaf } from '../../../tlog/merkle-hash.ts'
import { openCheckpoint } from '../../../tlog/open-checkpoint.ts'
import { meetsQuorum, parsePolicy, type Policy, trustLogs } from '../../../tlog/policy.ts'
import { parseTlogProof } from '../../../tlog/tlog-proof.ts'
import { verifyInclusion } from '../../../tlog/verify.ts'
import { parseCheckpoint } from '../../../tlog/checkpoint.ts'
import { type NoteSignature, parseNote } from '../../../tlog/note.ts'

/** One of the things that are checked about an entry. */
export interface Check {
  readonly name: 'hash' | 'inclusion' | 'signature'
  /** `unknown`: it could not be checked, for the reason in `code`. */
  readonly result: 'passed' | 'failed' | 'unknown'
  readonly code?: AuditLogErrorCode | 'key_missing' | 'proof_pending' | undefined
}

/** What a verified proof shows. */
export interface CheckedProof {
  readonly checks: readonly Check[]
  readonly treeSize?: number | undefined
  readonly leafIndex?: number | undefined
}

/**
 * Checks an entry and its proof: the hash from the members, the place of the hash in the tree of the checkpoint, and the
 * log's signature under the checkpoint.
 *
 * @param proof a `.tlog-proof` file; null when no checkpoint covers the entry yet
 * @param verifierKey that the log's signatures are checked with; undefined when none is known
 */
export async function checkProof(
  entry: Entry,
  proof: string | null,
  verifierKey: string | undefined,
): Promise<CheckedProof> {
  const hash: Check = {
    name: 'hash',
    result: findEntryFault(entry) === null ? 'passed' : 'failed',
    code: 'hash_mismatch',
  }
  if (proof === null) {
    const pending = { result: 'unknown', code: 'proof_pending' } as const
    return { checks: [hash, { name: 'inclusion', ...pending }, { name: 'signature', ...pending }] }
  }
  const [inclusion, leafIndex, treeSize] = checkInclusion(entry.entry_hash, proof)
  return { checks: [hash, inclusion, await checkSignature(proof, verifierKey)], leafIndex, treeSize }
}

/** What was found about a checkpoint. */
export interface CheckedCheckpoint extends Check {
  /** The signatures and cosignatures that were verified. */
  readonly verified?: readonly NoteSignature[]
  /** Whether enough witnesses cosigned; undefined when the policy asks for none. */
  readonly quorum?: boolean | undefined
}

/**
 * Whether the log signed a checkpoint, and who cosigned it.
 *
 * @param note the signed note
 * @param trusted verifier keys of the log, or a policy, which says which witnesses are known
 */
export async function checkCheckpoint(note: string, trusted: string | undefined): Promise<CheckedCheckpoint> {
  if (trusted === undefined) return { name: 'signature', result: 'unknown', code: 'key_missing' }
  let found: Pick<CheckedCheckpoint, 'verified' | 'quorum'> = {}
  const check = await attempt('signature', async () => {
    const policy = policyOf(trusted)
    // That witnesses are late or away is another matter than a signature that is wrong.
    const { signatures, cosignatures } = await openCheckpoint(note, { ...policy, quorum: 'none' })
    const names = cosignatures.map(({ witness }) => witness)
    found = { verified: signatures, quorum: policy.quorum === 'none' ? undefined : meetsQuorum(policy, names) }
  })
  return { ...check, ...found }
}

function checkInclusion(entryHash: string, file: string): [Check, number?, number?] {
  try {
    const { index, hashes, checkpoint } = parseTlogProof(file)
    const head = parseCheckpoint(parseNote(checkpoint).text)
    verifyInclusion(head, index, hashLeaf(bytesOf(entryHash)), hashes)
    return [{ name: 'inclusion', result: 'passed' }, index, head.size]
  } catch (error) {
    return [{ name: 'inclusion', result: 'failed', code: codeOf(error) }]
  }
}

async function checkSignature(file: string, verifierKey: string | undefined): Promise<Check> {
  try {
    return await checkCheckpoint(parseTlogProof(file).checkpoint, verifierKey)
  } catch (error) {
    return { name: 'signature', result: 'failed', code: codeOf(error) }
  }
}

async function attempt(name: Check['name'], work: () => Promise<void>): Promise<Check> {
  try {
    await work()
    return { name, result: 'passed' }
  } catch (error) {
    const code = codeOf(error)
    // A runtime that cannot check, and a key that is no key, say nothing about the signature.
    const unknown = ['crypto_unavailable', 'key_malformed', 'key_unsupported', 'policy_malformed'].includes(code ?? '')
    return { name, result: unknown ? 'unknown' : 'failed', code }
  }
}

/** Whether a text is the verifier key of a log, or a policy. */
export function isLogKey(text: string): boolean {
  try {
    policyOf(text)
    return true
  } catch {
    return false
  }
}

// The keys of a log that changed its key stand side by side. A policy has several lines, each with a word in front.
function policyOf(trusted: string): Policy {
  const text = trusted.trim()
  return /^\s*quorum\s/m.test(text) ? parsePolicy(`${text}\n`) : trustLogs(text.split(/\s+/))
}

function codeOf(error: unknown): AuditLogErrorCode | undefined {
  return error instanceof AuditLogError ? error.code : undefined
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length >> 1 }, (_, index) =>
    Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16),
  )
}
