import { createHash } from 'node:crypto'
import { canonicalize } from '../../src/canonical/canonicalize.ts'
import { type Entry, hashEntry } from '../../src/canonical/entry.ts'
import type { ForwardedEntry, ForwardedNotice } from '../../src/sinks/log-item.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** An entry in its place in the log, with a hash that fits. */
export function forwarded(changes: Partial<Entry> = {}, leafIndex = 7): ForwardedEntry {
  const content = {
    version: 1 as const,
    seq: 1_048_577,
    id: '01999c2e-6f00-7a3b-9c1d-2f4e8a7b6c5d',
    timestamp: '2026-09-26T12:00:00.123456Z',
    tenant_id: 'acme',
    user_id: 'usr_42',
    action: 'user.role.update',
    target: 'user:usr_77',
    source_ip: '203.0.113.9',
    outcome: 'success' as const,
    details: { note: checklistNote, role: { from: 'viewer', to: 'admin' } },
    recorded_by: 'app',
    ...changes,
  }
  const { entry_hash: _, ...preimage } = { entry_hash: '', ...content }
  const entry: Entry = { ...preimage, entry_hash: hashEntry(preimage) }
  return {
    kind: 'entry',
    leafIndex,
    line: canonicalize(preimage),
    entryHash: entry.entry_hash,
    entry,
    previousEntryHash: leafIndex === 0 ? null : sha256(`entry ${leafIndex - 1}`),
  }
}

/** Entries with ids, numbers and leaves of their own. */
export function forwardedMany(
  count: number,
  changes: (index: number) => Partial<Entry> = () => ({}),
): ForwardedEntry[] {
  return Array.from({ length: count }, (_, index) =>
    forwarded(
      { seq: index + 1, id: `01999c2e-6f00-7a3b-9c1d-${String(index).padStart(12, '0')}`, ...changes(index) },
      index,
    ),
  )
}

/** A checkpoint's notice. */
export function checkpointNotice(): ForwardedNotice {
  const root = sha256('root')
  return {
    kind: 'checkpoint',
    id: `checkpoint-8-${root}`,
    timestamp: '2026-09-26T12:00:01.000001Z',
    action: 'audit_log.checkpoint',
    details: {
      tree_size: 8,
      root_hash: root,
      note: `log.example/audit\n8\n${Buffer.from(root, 'hex').toString('base64')}\n\n\u2014 log.example/audit aGVsbG8=\n`,
      edge: Buffer.from(root, 'hex').toString('base64'),
    },
  }
}

/** The note of the example entry: all that an encoder might have to escape, in one text. */
export const checklistNote: string = 'a|b=c "q" ]\\ line1\nline2\t^end'

/** Texts that try to end a field, a line or an event, or to forge one. By the name of what they try. */
export const hostileTexts: Readonly<Record<string, string>> = {
  'the example of the checklist': checklistNote,
  pipes: 'a|b||c|',
  tabs: 'a\tauditId=forged\tb',
  'line ends': 'a\r\n<109>1 2026-01-01T00:00:00Z evil app - - - LEEF:2.0|E|E|1|forged|x09|\nb\rc',
  NEL: 'a\u0085b',
  'line and paragraph separators': 'a\u2028b\u2029c',
  equals: 'a=b==c=',
  quotes: `"a" 'b'`,
  brackets: ']] ]} [x y="z"]',
  backslashes: '\\ \\\\ \\n \\t \\| \\= \\',
  'bidirectional controls': 'admin\u202egnp.exe\u202c\u2066\u2069\u200f',
  'a byte order mark': '\ufeffa',
  'C0 and C1 controls': '\u0001\u001b[31mred\u001b[0m\u009b1m\u007f',
  'a key of the format': 'x externalId=1 cs1=forged rt=0 msg=forged',
  caret: '^a^b^',
  'spaces around': '  a  ',
  emoji: '😀👩‍👩‍👧‍👦',
  'a JSON object': '{"entry_hash":"forged"}',
}

/** 64 KiB of emoji. */
export const emojis: string = '😀'.repeat(16_384)
