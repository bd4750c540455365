import type { ByteSource } from '../entry-source.ts'
import { AuditLogError, type AuditLogErrorCode } from '../../errors.ts'
import { CompactRange, openCheckpoint, type Policy, type TreeHead } from '../../tlog/index.ts'
import { type CopyCheckpoint, isTestEvent, readCopyRecord } from './copy-event.ts'
import { altered, conflicting, CopyLeaves } from './copy-leaves.ts'
import { recordsOf } from './copy-records.ts'
import type { CopyFinding, CopyHead, CopyReport } from './copy-report.ts'
import { provePiece } from './prove-piece.ts'

/** Options of {@link verifyCopy}. */
export interface VerifyCopyOptions {
  /** Whose checkpoints count: `trustLogs(verifierKeys)` or a policy with witnesses. */
  readonly policy: Policy
  /** The first leaf that the copy must have. Default is the first that it has. */
  readonly from?: number | undefined
  /** The copy must have all leaves before this one. Default is the end of its newest checkpoint or its last leaf. */
  readonly to?: number | undefined
  /**
   * Signed checkpoints from elsewhere: a publisher or a witness. The newest shows what a copy lacks at its end, which nothing
   * in the copy can.
   */
  readonly checkpoints?: readonly (string | Uint8Array)[] | undefined
}

/**
 * Proves that the copy of a log in a SIEM is complete and unaltered, from what a query there returned and the log's verifier
 * key, without the database: between each two checkpoints the leaves in the copy must lead from the one to the other. Names what
 * is missing or altered.
 *
 * @param source newline-delimited JSON, a JSON document, CSV, or lines of LEEF, CEF or RFC 5424
 * @throws AuditLogError `file_unreadable`; what `openCheckpoint` throws for one of `checkpoints`
 */
export async function verifyCopy(source: ByteSource, options: VerifyCopyOptions): Promise<CopyReport> {
  const copy = await readCopy(source, options.policy)
  const { leaves, findings } = copy
  const heads = copy.heads
  for (const note of options.checkpoints ?? []) {
    const { size, rootHash } = await openCheckpoint(note, options.policy)
    addHead(heads, { size, rootHash, edge: undefined }, findings)
  }
  const ordered = [...heads.values()].toSorted((a, b) => a.size - b.size)
  const first = options.from ?? (leaves.last < 0 ? 0 : leaves.first)
  const end = options.to ?? Math.max(ordered.at(-1)?.size ?? 0, leaves.last + 1)
  const proven = prove(leaves, ordered, first, end, findings)
  for (const gap of leaves.gaps(first, end)) findings.push({ kind: 'missing', ...gap })
  // An event whose hash was altered does not fit its content either; the hash is what was altered then.
  const rehashed = new Set(findings.map((finding) => ('leafIndex' in finding ? finding.leafIndex : -1)))
  for (const leafIndex of leaves.marked(altered)) {
    if (!rehashed.has(leafIndex)) findings.push({ kind: 'altered', leafIndex, part: 'content' })
  }
  for (const leafIndex of leaves.marked(conflicting)) findings.push({ kind: 'conflicting', leafIndex })
  return {
    records: copy.records,
    leaves: copy.count - leaves.duplicates,
    duplicates: leaves.duplicates,
    withoutContent: copy.withoutContent,
    checkpoints: copy.checkpoints,
    proven,
    findings: withoutRepetition(findings).toSorted((a, b) => placeOf(a) - placeOf(b)),
  }
}

interface Copy {
  readonly leaves: CopyLeaves
  readonly heads: Map<number, CopyHead>
  readonly findings: CopyFinding[]
  readonly records: number
  readonly count: number
  readonly withoutContent: number
  readonly checkpoints: number
}

async function readCopy(source: ByteSource, policy: Policy): Promise<Copy> {
  const leaves = new CopyLeaves()
  const heads = new Map<number, CopyHead>()
  const findings: CopyFinding[] = []
  let [records, count, withoutContent, checkpoints] = [0, 0, 0, 0]
  for await (const record of recordsOf(source)) {
    records += 1
    const read = readCopyRecord(record)
    if (read === undefined) {
      if (!isTestEvent(record)) findings.push({ kind: 'unreadable', record: records })
    } else if (read.kind === 'leaf') {
      count += 1
      if (read.contentHash === undefined) withoutContent += 1
      leaves.add(read)
    } else {
      checkpoints += 1
      const head = await openHead(read, policy)
      if (typeof head === 'string') findings.push({ kind: 'checkpoint_refused', record: records, code: head })
      else addHead(heads, head, findings)
    }
  }
  return { leaves, heads, findings, records, count, withoutContent, checkpoints }
}

async function openHead({ note, edge }: CopyCheckpoint, policy: Policy): Promise<CopyHead | AuditLogErrorCode> {
  try {
    const { size, rootHash } = await openCheckpoint(note, policy)
    // The edge is not signed; it counts when it hashes to what is.
    return { size, rootHash, edge: edge !== undefined && leadsTo(edge, { size, rootHash }) ? edge : undefined }
  } catch (error) {
    if (error instanceof AuditLogError) return error.code
    throw error
  }
}

function leadsTo(edge: Uint8Array, { size, rootHash }: TreeHead): boolean {
  try {
    return Buffer.compare(CompactRange.restore(0, size, edge).root(), rootHash) === 0
  } catch {
    return false
  }
}

function addHead(heads: Map<number, CopyHead>, head: CopyHead, findings: CopyFinding[]): void {
  const before = heads.get(head.size)
  if (before === undefined) heads.set(head.size, head)
  else if (Buffer.compare(before.rootHash, head.rootHash) !== 0) {
    findings.push({ kind: 'checkpoints_forked', treeSize: head.size })
  } else if (before.edge === undefined) heads.set(head.size, head)
}

/** Goes from checkpoint to checkpoint. @returns the ranges of leaves that are proven, neighbours put together */
function prove(
  leaves: CopyLeaves,
  heads: readonly CopyHead[],
  first: number,
  end: number,
  findings: CopyFinding[],
): { readonly begin: number; readonly end: number }[] {
  const proven: { begin: number; end: number }[] = []
  // From an empty tree on when the copy begins at the beginning, and else from the last checkpoint before what is asked for.
  let base: CompactRange | undefined = first === 0 ? new CompactRange() : undefined
  for (const head of heads) {
    const { size } = head
    if (size > first && base !== undefined && base.end < end) {
      const before = findings.length
      const range = provePiece(leaves, base, head, findings)
      const whole = range !== undefined && findings.length === before && isClean(leaves, base.end, size)
      if (whole && size > base.end) {
        const last = proven.at(-1)
        if (last?.end === base.end) last.end = size
        else proven.push({ begin: base.end, end: size })
      }
      base = range ?? restored(head)
    } else base = restored(head) ?? base
  }
  return proven
}

/** Whether each leaf has one event, whose content fits. */
function isClean(leaves: CopyLeaves, begin: number, end: number): boolean {
  if (leaves.gaps(begin, end).length > 0) return false
  return leaves.marked(altered | conflicting, begin, end).next().done === true
}

const restored = ({ size, edge }: CopyHead): CompactRange | undefined =>
  edge === undefined ? undefined : CompactRange.restore(0, size, edge)

function placeOf(finding: CopyFinding): number {
  if ('first' in finding) return finding.first
  if ('leafIndex' in finding) return finding.leafIndex
  return 'treeSize' in finding ? finding.treeSize : -1
}

function withoutRepetition(findings: readonly CopyFinding[]): CopyFinding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()]
}
