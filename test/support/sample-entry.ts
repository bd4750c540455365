import { type Entry, type EntryContent, hashEntry } from '../../src/canonical/index.ts'

/** An entry that verifies, with some members changed before it is hashed. */
export function sampleEntry(changes: Partial<EntryContent> = {}): Entry {
  const content: EntryContent = {
    version: 1,
    seq: 42,
    id: '0199f3a2-1111-7abc-8def-00000000cafe',
    timestamp: '2025-10-18T02:32:23.441042Z',
    tenant_id: 'contoso',
    user_id: 'alice@contoso.example',
    action: 'risk.accepted',
    target: 'finding:42',
    source_ip: '203.0.113.7',
    outcome: 'success',
    details: { reason: 'compensating control', severity: 7.5, tags: ['a', 'b'] },
    recorded_by: 'app',
    ...changes,
  }
  return { ...content, entry_hash: hashEntry(content) }
}
