import { join } from 'node:path'
import type { EntryContent } from '../canonical/entry.ts'
import type { OpenedCheckpoint } from '../tlog/index.ts'
import { hashBytes } from '../tlog/merkle-hash.ts'
import { faultTexts, FileFaultError, readExactly, readLines } from './archive-files.ts'
import { bundlePath, formatEntriesPath, leavesOfFile, leavesPerFile, leavesPerTile } from './archive-layout.ts'
import { provenLeaves } from './proven-leaves.ts'
import { compareFile, leafHashOfEntry, type StrangeLine } from './compare-file.ts'
import { explainEdit, notTheEntry, seqOfLine } from './explain-edit.ts'
import { addLeaf, addSpan, countLeaves, type LeafSpan } from './leaf-span.ts'
import { describePurges, type PurgedByOption, type PurgeRecord, readPurge, unexplained } from './purge-record.ts'
import { parseStrictly } from './strict-json.ts'
import type { Findings } from './verdict.ts'

/** What the fast pass over an archive found. */
export interface ArchiveFacts extends PurgedByOption {
  readonly directory: string
  readonly head: OpenedCheckpoint
  readonly begin: number
  readonly gzip: boolean
  /** Whether the entries, and for those that are not there the stored hashes, lead to the signed root. */
  readonly rootFits: boolean
  readonly absent: readonly LeafSpan[]
  readonly purges: readonly number[]
  readonly notCanonical: readonly number[]
  readonly suspects: readonly number[]
  readonly damaged: readonly string[]
  readonly findings: Findings
}

/** In how many files it is looked for what exactly is wrong. */
const explainedFiles = 64
/** How many edits are explained field by field, which takes thousands of hashes each. */
const explainedEdits = 100

/**
 * Finds out what is wrong with an archive, as exactly as what is left of it allows. Leaf hashes that the tiles prove against
 * the signed root are the measure; each line of a suspect file is held against them.
 *
 * @returns how many entries were purged
 */
export async function explainArchive(facts: ArchiveFacts): Promise<{ readonly purged: number }> {
  const { findings, notCanonical } = facts
  for (const leafIndex of notCanonical) {
    findings.add('not_canonical', 'the entry is not canonical JSON', { leafIndex })
  }
  const { named, unread } = await explainSuspects(facts)
  const purged = await explainAbsent(facts, unread)
  if (!named && !facts.rootFits) {
    findings.add('altered', 'entries and tiles do not hash to the signed root', {
      leafIndex: facts.begin,
      leafEnd: facts.head.size,
    })
  }
  for (const file of facts.damaged.slice(0, 100)) {
    // While entries are wrong it is their tiles that are right.
    if (facts.rootFits) findings.add('damaged', 'the file is missing or is not what the entries make', { file })
  }
  // Whatever the fast pass saw is said, also when the search for its cause found none.
  if ((facts.suspects.length > 0 || facts.damaged.length > 0) && !findings.anyFault) {
    findings.add('altered', 'entries and tiles do not fit together', {
      leafIndex: facts.begin,
      leafEnd: facts.head.size,
    })
  }
  return { purged }
}

/** @returns whether something was named, and the leaves of files that cannot be read */
async function explainSuspects(facts: ArchiveFacts): Promise<{ named: boolean; unread: [number, number][] }> {
  const { directory, head, gzip, findings } = facts
  const unread: [number, number][] = []
  const missing = new Map<number, string>()
  const strange: StrangeLine[] = []
  let named = false
  for (const file of facts.suspects.slice(0, explainedFiles)) {
    const base = file * leavesPerFile
    const first = Math.max(0, Math.floor(facts.begin / leavesPerTile) * leavesPerTile - base)
    // With the signed root the lines that are there are right, and only their number can be wrong.
    const expected = facts.rootFits ? undefined : await provenLeaves(directory, head, file)
    const difference = await compareFile(directory, head.size, file, gzip, expected, first)
    if (typeof difference === 'string') {
      if (difference !== 'missing') {
        const path = formatEntriesPath({ index: file, leaves: leavesOfFile(head.size, file), gzip })
        findings.add('damaged', `the file ${faultTexts[difference]}`, { file: path })
      }
      addSpan(unread, base + first, base + leavesOfFile(head.size, file))
      continue
    }
    for (const [leafIndex, leafHash] of difference.missing) missing.set(leafIndex, leafHash)
    strange.push(...difference.strange)
    if (difference.disordered !== undefined) {
      named = true
      findings.add('order_changed', 'entries stand in another order than in the tree', {
        leafIndex: difference.disordered,
      })
    }
  }
  const foreign = explainMoved(findings, missing, strange)
  named = foreign.length < strange.length || named
  named = explainEdited(facts, missing, foreign) || named
  for (const leafIndex of [...missing.keys()].toSorted((one, other) => one - other)) addLeaf(unread, leafIndex)
  return { named: named || unread.length > 0, unread }
}

/** Lines that are the entries of leaves of other files. @returns the others */
function explainMoved(
  findings: Findings,
  missing: Map<number, string>,
  strange: readonly StrangeLine[],
): StrangeLine[] {
  const places = new Map([...missing].map(([leafIndex, leafHash]) => [leafHash, leafIndex]))
  const moved: StrangeLine[] = []
  const others: StrangeLine[] = []
  for (const line of strange) {
    const own = places.get(line.leafHash)
    if (own !== undefined && missing.delete(own)) moved.push(line)
    else others.push(line)
  }
  const [first] = moved
  if (first !== undefined) {
    findings.add('order_changed', 'entries stand in another order than in the tree', { leafIndex: first.leafIndex })
  }
  return others
}

/** Lines that are the entry of no leaf, each with the leaf whose entry it was. */
function explainEdited(facts: ArchiveFacts, missing: Map<number, string>, strange: readonly StrangeLine[]): boolean {
  const { findings } = facts
  for (const [count, line] of strange.entries()) {
    const leafIndex = nearestMissing(missing, line.leafIndex)
    if (leafIndex === undefined) {
      findings.add('entry_added', 'an entry that is not in the tree', {
        leafIndex: line.leafIndex,
        seq: seqOfLine(line.text),
      })
      continue
    }
    const leafHash = missing.get(leafIndex) ?? ''
    missing.delete(leafIndex)
    const entryHash = count < explainedEdits ? bundledHash(facts, leafIndex, leafHash) : undefined
    const { seq, edit, message } =
      line.text === undefined || entryHash === undefined
        ? { seq: seqOfLine(line.text), edit: undefined, message: notTheEntry }
        : explainEdit(line.text, entryHash, line.before)
    findings.add('entry_edited', message, {
      leafIndex,
      seq,
      field: edit?.field,
      original: edit?.original,
    })
  }
  return strange.length > 0
}

/** The next leaf from `from` on in the same file whose entry is not there, or else the one before. */
function nearestMissing(missing: ReadonlyMap<number, string>, from: number): number | undefined {
  const base = from - (from % leavesPerFile)
  for (let leaf = from; leaf < base + leavesPerFile; leaf += 1) if (missing.has(leaf)) return leaf
  for (let leaf = from - 1; leaf >= base; leaf -= 1) if (missing.has(leaf)) return leaf
  return undefined
}

/** Entries that are not there: purged, or missing, or cut off. @returns how many were purged */
async function explainAbsent(facts: ArchiveFacts, unread: readonly LeafSpan[]): Promise<number> {
  const { head, findings } = facts
  const purges: PurgeRecord[] = []
  for (const leafIndex of facts.purges) purges.push(...(await readPurgeAt(facts, leafIndex)))
  const unpurged = unexplained(facts.absent, purges)
  const gone = [...unpurged, ...unread].toSorted(([one], [other]) => one - other)
  const joined: [number, number][] = []
  for (const [begin, end] of gone) addSpan(joined, begin, end)
  for (const [leafIndex, leafEnd] of joined) {
    if (leafEnd === head.size && leafIndex > facts.begin) {
      findings.add('truncated', 'the last entries are missing', { leafIndex, leafEnd })
    } else findings.add('entry_missing', 'entries that are in the tree are not there', { leafIndex, leafEnd })
  }
  const purged = countLeaves(facts.absent) - countLeaves(unpurged)
  if (purged > 0) {
    findings.add('purged', `${purged} entries were purged, as ${describePurges(purges)}`)
  }
  return purged
}

async function readPurgeAt(facts: ArchiveFacts, leafIndex: number): Promise<PurgeRecord[]> {
  const { directory, head, gzip } = facts
  const index = Math.floor(leafIndex / leavesPerFile)
  const path = formatEntriesPath({ index, leaves: leavesOfFile(head.size, index), gzip })
  let place = index * leavesPerFile
  try {
    for await (const { buffer, end } of readLines(join(directory, path), gzip)) {
      const lines = buffer.toString('utf8', 0, end - 1).split('\n')
      const line = lines[leafIndex - place]
      if (line !== undefined) {
        const content = parseStrictly(line) as EntryContent | undefined
        const record = readPurge(content, leafIndex, facts)
        return record === undefined ? [] : [record]
      }
      place += lines.length
    }
  } catch (error) {
    if (!(error instanceof FileFaultError)) throw error
  }
  return []
}

/** The entry hash of a leaf, from the archive's bundles; it is right when it hashes to the leaf. */
function bundledHash({ directory, head }: ArchiveFacts, leafIndex: number, leafHash: string): string | undefined {
  const tile = Math.floor(leafIndex / leavesPerTile)
  const width = Math.min(leavesPerTile, head.size - tile * leavesPerTile)
  const bundle = readExactly(join(directory, bundlePath(head.size, tile)), width * (hashBytes + 2))
  if (typeof bundle === 'string') return undefined
  const at = (leafIndex - tile * leavesPerTile) * (hashBytes + 2) + 2
  const entryHash = bundle.toString('hex', at, at + hashBytes)
  return leafHashOfEntry(entryHash) === leafHash ? entryHash : undefined
}
