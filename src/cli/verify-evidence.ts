import { createReadStream, openSync, statSync, readSync, closeSync, existsSync } from 'node:fs'
import { AuditLogError } from '../errors.ts'
import { verifyArchive } from '../evidence/verify-archive.ts'
import { type BundleReport, verifyBundle } from '../evidence/verify-bundle.ts'
import { verifyProof } from '../evidence/verify-proof.ts'
import { Findings, openOrFind, type VerificationFinding, type VerificationReport } from '../evidence/verdict.ts'
import { parseAddCheckpoint, type Policy } from '../tlog/index.ts'
import { readSmallFile } from './read-file.ts'
import { readCheckpoint, requirePolicy } from './trust.ts'

/** What a path holds, by its contents. */
export type EvidenceKind = 'archive' | 'bundle' | 'proof' | 'growth' | 'entries'

/** What the evidence is verified against. */
export interface EvidenceOptions {
  readonly policy: Policy | undefined
  /** File with an earlier checkpoint. */
  readonly from?: string | undefined
  /** File with the entry that a proof is about, or its hash. */
  readonly entry?: string | undefined
  /** Verifier keys of who may have exported a bundle. */
  readonly exporter?: readonly string[] | undefined
  /** Logins whose records of purges count. */
  readonly purgedBy?: readonly string[] | undefined
  readonly canonical: boolean
  readonly onProgress: (done: number, total: number) => void
}

const largestProofBytes = 2_000_000

/** Looks at the first bytes of a file, or at what is in a directory. */
export function kindOf(path: string): EvidenceKind {
  if (path === '-') return 'entries'
  if (existsSync(path) && statSync(path).isDirectory()) return 'archive'
  const start = firstBytes(path)
  if (start.startsWith('{"format":"audit-log-bundle/')) return 'bundle'
  if (start.startsWith('old ')) return 'growth'
  return start.startsWith('c2sp.org/tlog-proof@') ? 'proof' : 'entries'
}

/** Verifies an archive, a bundle, or a proof of either kind. */
export async function verifyEvidence(
  path: string,
  kind: Exclude<EvidenceKind, 'entries'>,
  { policy: given, from, entry, exporter, purgedBy, canonical, onProgress }: EvidenceOptions,
): Promise<VerificationReport> {
  const policy = requirePolicy(given)
  if (kind === 'archive') {
    const since = from === undefined ? undefined : readCheckpoint(from)
    return verifyArchive(path, { policy, since, purgedBy, canonical, onProgress })
  }
  if (kind === 'bundle') return verifyBundle(piecesOf(path, onProgress), { policy, exporters: exporter, purgedBy })
  if (kind === 'growth') {
    if (from === undefined) throw new AuditLogError('option_invalid', 'give the older checkpoint with --from')
    return verifyGrowthProof(readSmallFile(path, largestProofBytes), readCheckpoint(from), policy)
  }
  if (entry === undefined) throw new AuditLogError('option_invalid', 'give the entry, or its hash, with --entry')
  return verifyProof(readSmallFile(path, largestProofBytes), { policy, entry: readEntry(entry) })
}

async function* piecesOf(path: string, onProgress: EvidenceOptions['onProgress']): AsyncGenerator<Buffer, void> {
  const { size } = statSync(path)
  let done = 0
  for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    yield piece as Buffer
    onProgress((done += (piece as Buffer).length), size)
  }
}

/** What `audit-log prove --consistency` prints, against the older checkpoint. */
async function verifyGrowthProof(proof: Buffer, older: Buffer, policy: Policy): Promise<VerificationReport> {
  const findings = new Findings()
  const { oldSize, checkpoint } = parseAddCheckpoint(proof)
  const newer = await openOrFind(checkpoint, policy, findings)
  if (newer === undefined) return findings.report({})
  const { verifyGrowth } = await import('../evidence/prove-growth.ts')
  try {
    await verifyGrowth(older, proof, policy)
  } catch (error) {
    if (!(error instanceof AuditLogError) || error.code !== 'proof_invalid') throw error
    findings.add('altered', 'the proof does not show that the newer checkpoint continues the older one')
  }
  const { origin, size, cosignatures } = newer
  return findings.report({ origin, size, begin: oldSize, cosignatures })
}

/** One line for the report and one for each finding. */
export function describeReport(path: string, report: VerificationReport, kind?: EvidenceKind): string {
  const { verdict, ok, size, begin, entries, purged, cosignatures, findings } = report
  const witnesses = cosignatures.map(
    ({ witness, timeSeconds }) => `, seen by ${witness} at ${new Date(timeSeconds * 1000).toISOString()}`,
  )
  const scope = begin > 0 ? `, verified from leaf ${begin}` : ''
  const summary =
    kind === 'growth'
      ? `a log of ${size} leaves, and what it had when it had ${begin}${witnesses.join('')}`
      : `${entries} entries of a log of ${size} leaves${scope}${purged > 0 ? `, ${purged} purged` : ''}${witnesses.join('')}`
  return [
    `${path}: ${ok ? verdict : verdict.toUpperCase()}: ${summary}`,
    ...findings.map((finding) => `${path}: ${describeFinding(finding)}`),
    ...scopeOf(path, report),
  ].join('\n')
}

function scopeOf(path: string, report: VerificationReport): string[] {
  if (!('filter' in report)) return []
  const { leaves, filter, exported } = report as BundleReport
  const signed = exported === undefined ? [] : [`${path}: exported by ${exported.by} at ${exported.at}`]
  if (leaves !== undefined) return [...signed, `${path}: has every leaf from ${leaves[0]} to before ${leaves[1]}`]
  return [
    ...signed,
    `${path}: what was asked for, as the file says: ${JSON.stringify(filter)}; nothing proves that it has everything that this finds`,
  ]
}

function describeFinding({
  verdict,
  message,
  leafIndex,
  leafEnd,
  seq,
  field,
  original,
  file,
}: VerificationFinding): string {
  const leaves = leafEnd === undefined || leafEnd === (leafIndex ?? 0) + 1 ? '' : ` to ${leafEnd - 1}`
  const place = [
    ...(leafIndex === undefined ? [] : [`leaf ${leafIndex}${leaves}`]),
    ...(seq === undefined ? [] : [`seq ${seq}`]),
    ...(file === undefined ? [] : [JSON.stringify(file)]),
  ].join(', ')
  const edit =
    field === undefined ? '' : `: ${field} was ${original === undefined ? 'edited' : JSON.stringify(original)}`
  return `${verdict}${place === '' ? '' : ` (${place})`}: ${message}${edit}`
}

const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text)

function readEntry(entry: string): unknown {
  if (isHash(entry)) return entry
  try {
    const content = readSmallFile(entry).toString().trim()
    return isHash(content) ? content : JSON.parse(content)
  } catch (error) {
    if (error instanceof AuditLogError) throw error
    throw new AuditLogError('option_invalid', 'the file of --entry is neither the JSON of one entry nor an entry_hash')
  }
}

function firstBytes(path: string): string {
  const buffer = Buffer.alloc(64)
  let descriptor: number | undefined
  try {
    descriptor = openSync(path, 'r')
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0))
  } catch {
    // What cannot be read is reported by whoever tries to.
    return ''
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
