import {
  CompactRange,
  createSigner,
  formatCheckpoint,
  generateKey,
  hashLeaves,
  signNote,
  type TreeHead,
} from '../../src/tlog/index.ts'
import type { CheckpointDetails, ForwardedEntry, ForwardedNotice, LogItem } from '../../src/sinks/log-item.ts'
import { forwardedMany } from './forwarded.ts'

/** A log as a forwarder would send it, with checkpoints that verify. */
export interface LogCopy {
  readonly entries: readonly ForwardedEntry[]
  readonly checkpoints: readonly ForwardedNotice[]
  /** All of it in the order of the log. */
  readonly items: readonly LogItem[]
  readonly verifierKey: string
  /** Signs a checkpoint as the log does. */
  readonly sign: (head: TreeHead) => Promise<string>
}

/** @param sizes of the trees that have a checkpoint */
export async function logCopy(count: number, sizes: readonly number[]): Promise<LogCopy> {
  const { signerKey, verifierKey } = await generateKey('audit.example.com/test', 'ed25519')
  const signer = await createSigner(signerKey)
  const sign = (head: TreeHead): Promise<string> =>
    signNote(formatCheckpoint({ origin: signer.name, ...head, extensions: [] }), [signer])
  const range = new CompactRange()
  const entries: ForwardedEntry[] = []
  const checkpoints: ForwardedNotice[] = []
  const items: LogItem[] = []
  for (const made of forwardedMany(count, (index) => ({ details: { number: index }, target: `finding:${index}` }))) {
    const entry = { ...made, previousEntryHash: entries.at(-1)?.entry.entry_hash ?? null }
    entries.push(entry)
    items.push(entry)
    range.append(hashLeaves(Buffer.from(entry.entry.entry_hash, 'hex')))
    if (!sizes.includes(range.end)) continue
    const head = { size: range.end, rootHash: range.root() }
    const details: CheckpointDetails = {
      tree_size: head.size,
      root_hash: Buffer.from(head.rootHash).toString('hex'),
      note: await sign(head),
      edge: Buffer.from(range.hashes).toString('base64'),
    }
    const notice: ForwardedNotice = {
      kind: 'checkpoint',
      id: `checkpoint-${head.size}`,
      timestamp: '2026-09-26T12:00:01.000001Z',
      action: 'audit_log.checkpoint',
      details,
    }
    checkpoints.push(notice)
    items.push(notice)
  }
  return { entries, checkpoints, items, verifierKey, sign }
}
