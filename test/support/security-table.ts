import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Detector, DrillResult } from '../../src/index.ts'

const letters: Readonly<Record<Detector, string>> = {
  entry_hash: 'E',
  leaf: 'L',
  checkpoint: 'C',
  posture: 'P',
  baseline: 'B',
  verify: 'V',
  witness: 'W',
  receipt: 'K',
}

/** Which attacks a row is about: the ids behind `writer-`, `reader-`, `owner-`, `superuser-`; a word alone is one of each level that has it. */
const rows: Readonly<Record<string, readonly string[]>> = {
  'UPDATE, DELETE, TRUNCATE, MERGE, ON CONFLICT, guards on': [
    'writer-update',
    'writer-delete',
    'writer-truncate',
    'writer-merge',
    'writer-on-conflict',
    'reader-update',
    'reader-delete',
    'owner-delete',
    'superuser-delete',
  ],
  'the same as a replica (`session_replication_role`)': ['writer-replica', 'superuser-replica'],
  'supplying seq, time, login or hash': [
    'writer-supply-seq',
    'writer-supply-time',
    'writer-supply-login',
    'writer-supply-hash',
    'owner-forge',
  ],
  'temporary objects that shadow types and functions': ['writer-temporary-objects'],
  'guards off, an entry deleted, guards on again': [
    'writer-triggers-off',
    'owner-delete-with-triggers-off',
    'superuser-catalog-flags',
  ],
  'guards off, an entry edited, guards on again': ['owner-edit', 'owner-edit-details'],
  "guard's body swapped, and swapped back": ['owner-function-swap'],
  'rows rewritten by ALTER COLUMN TYPE': ['owner-alter-type'],
  'entry and hash rewritten': ['owner-edit-and-rehash'],
  'entry, hash and leaf rewritten': ['owner-edit-and-leaf'],
  'order changed, gap closed': ['owner-swap-leaves', 'owner-close-the-gap'],
  'everything rewritten and signed with the stolen key': ['superuser-rewrite', 'superuser-remove', 'superuser-reorder'],
  'everything rewritten and signed with another key': ['superuser-other-key'],
  'end cut off, newest checkpoint with it': ['owner-cut-the-end'],
  'put back to an older copy of itself': ['superuser-rollback'],
  'entry without a leaf deleted': ['owner-delete-unsequenced', 'superuser-delete-unsequenced'],
  'guard dropped, off, changed, or not always': [
    'owner-drop-guard',
    'owner-guard-off',
    'owner-guard-body',
    'owner-not-always',
  ],
  'trigger or rule that swallows entries': ['writer-own-trigger', 'writer-rule', 'owner-swallow', 'owner-rule'],
  'row security, a child table': ['writer-inherit', 'owner-row-security', 'owner-child'],
  'a partition detached or dropped': ['owner-detach', 'owner-drop'],
  'rights, ownership or membership given away': [
    'writer-become-owner',
    'reader-become-writer',
    'owner-grant',
    'owner-open-function',
    'superuser-grant-owner',
    'superuser-owner',
    'superuser-own-superuser',
  ],
  'sequence turned back': ['writer-setval', 'owner-setval'],
  'data restored without its hashes': ['superuser-restore'],
  'built-in function replaced': ['superuser-replace-hash'],
  'built-in function shadowed': ['superuser-shadow-function'],
  'an event kept from being written': ['superuser-never-written'],
  'a lie, written as somebody else': ['superuser-set-session'],
  reading: ['superuser-read'],
}

function cell(results: readonly DrillResult[], level: RegExp, ids: readonly string[]): string {
  const found = ids.filter((id) => level.test(id)).map((id) => results.find((result) => result.id === id))
  const texts = found.map((result) => {
    if (result === undefined) return 'not in the drill'
    if (result.outcome === 'refused') return 'R'
    if (result.outcome === 'no_effect') return 'no effect'
    const shown = Object.keys(letters).filter((detector) => detector in result.detectedBy) as Detector[]
    return shown.map((detector) => letters[detector]).join(' ') || '-'
  })
  return [...new Set(texts)].join(' or ')
}

/** The table of docs/security.md, cell by cell. */
export async function writtenTable(): Promise<string[][]> {
  const page = await readFile(join(import.meta.dirname, '../../docs/security.md'), 'utf8')
  const table = page.slice(page.indexOf('| attack '), page.indexOf('## What nothing shows'))
  return table
    .trim()
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((text) => text.trim()),
    )
}

/** What it has to say by what a drill found. */
export function tableOf(results: readonly DrillResult[]): string[][] {
  return Object.entries(rows).map(([title, ids]) => [
    title,
    cell(results, /^(writer|reader)-/, ids),
    cell(results, /^owner-/, ids),
    cell(results, /^superuser-/, ids),
  ])
}
