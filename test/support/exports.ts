import { canonicalize, type Entry } from '../../src/canonical/index.ts'
import { sampleEntry } from './sample-entry.ts'

/** Entries of a small log, with contents that formats and parsers trip over. */
export const sampleEntries: readonly Entry[] = Array.from({ length: 12 }, (_, index) =>
  sampleEntry({
    seq: index + 1,
    id: `0199f3a2-${String(1111 + index)}-7abc-8def-00000000cafe`,
    timestamp: `2025-10-18T02:32:${String(10 + index)}.${String(100_000 + index)}Z`,
    user_id: ['alice', 'bob', null, 'ä"\\\n\u2028\u{1f600}'][index % 4] ?? null,
    target: index % 3 === 0 ? null : `finding:${index}`,
    outcome: index % 5 === 0 ? 'denied' : 'success',
    details: [
      {},
      { '10': 1, '9': 2, text: '"entry_hash":"' + '0'.repeat(64) + '",' },
      { ['__proto__']: { x: [1e21, 5e-324, 0.1] }, '\u{10000}': 1, '\ue000': 2 },
      { nested: { list: [[], {}, null, true], text: ']}[{,"entries":[' }, '\u0000': '\u0000\u001f' },
    ][index % 4] as Entry['details'],
  }),
)

/** An export as newline-delimited JSON: each line is the canonical JSON of an entry. */
export function ndjson(entries: readonly unknown[]): string {
  return entries.map((entry) => `${canonicalize(entry)}\n`).join('')
}
