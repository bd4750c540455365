import { describe, expect, test } from 'vitest'
import type { Entry } from '../../../../../src/canonical/index.ts'
import { EntryList } from '../../../../../src/console/browser/model/entry-list.ts'

const entry = (seq: number, second = seq): Entry =>
  ({ seq, timestamp: `2026-11-25T00:00:${String(second).padStart(2, '0')}.000000Z` }) as Entry
const page = (
  seqs: readonly number[],
  next_cursor: string | null = 'c',
): { entries: Entry[]; next_cursor: string | null } => ({
  entries: seqs.map((seq) => entry(seq)),
  next_cursor,
})
const seqsOf = (list: EntryList): number[] => list.rows.map(({ entry }) => entry.seq)

describe('the list of entries', () => {
  test('grows at its end and remembers where to go on', () => {
    const list = new EntryList()
    list.append(page([9, 8]))
    list.append(page([7, 6], null))
    expect(seqsOf(list)).toEqual([9, 8, 7, 6])
    expect(list.cursor).toBeNull()
  })

  test('shows no entry twice', () => {
    const list = new EntryList()
    list.append(page([9, 8]))
    expect(list.append(page([8, 7])).map(({ entry }) => entry.seq)).toEqual([7])
    expect(list.refresh(page([9, 8, 7]))).toEqual([])
    expect(seqsOf(list)).toEqual([9, 8, 7])
  })

  test('puts a late commit at its own place', () => {
    const list = new EntryList()
    list.append(page([9, 7]))
    const added = list.refresh({ entries: [entry(10), entry(9), entry(8), entry(7)], next_cursor: null })
    expect(added?.map(({ entry }) => entry.seq)).toEqual([10, 8])
    expect(seqsOf(list)).toEqual([10, 9, 8, 7])
  })

  test('orders entries of one moment by their number', () => {
    const list = new EntryList()
    list.append({ entries: [entry(5, 1)], next_cursor: null })
    list.refresh({ entries: [entry(6, 1), entry(5, 1)], next_cursor: null })
    expect(seqsOf(list)).toEqual([6, 5])
  })

  test('does not pretend to be whole when the newest page does not reach down to it', () => {
    const list = new EntryList()
    list.append(page([3, 2]))
    expect(list.refresh(page([30, 29]))).toBeUndefined()
    expect(seqsOf(list)).toEqual([3, 2])
  })

  test('takes the first entries of an empty log', () => {
    const list = new EntryList()
    list.append(page([], null))
    expect(list.refresh(page([1], null))).toHaveLength(1)
  })
})
