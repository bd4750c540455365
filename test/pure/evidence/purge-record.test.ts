import { describe, expect, it } from 'vitest'
import type { EntryContent } from '../../../src/canonical/entry.ts'
import { readPurge, unexplained } from '../../../src/evidence/purge-record.ts'
import { forwarded } from '../../support/forwarded.ts'

/** The entry of a purge, as leaf 300 unless told otherwise. */
function purgeOf(details: EntryContent['details'], leafIndex = 300): ReturnType<typeof readPurge> {
  return readPurge(forwarded({ action: 'audit_log.purged', details }).entry, leafIndex, {})
}
const recorded = (details: EntryContent['details']): NonNullable<ReturnType<typeof readPurge>>[] => {
  const purge = purgeOf(details)
  return purge === undefined ? [] : [purge]
}

describe('the entry of a purge', () => {
  it.each<EntryContent['details']>([
    {},
    { entries: 3 },
    { entries: -1, tree_size: 290 },
    { entries: 0.5, tree_size: 290 },
    { entries: '3', tree_size: 290 },
    { entries: 3, tree_size: 2 ** 60 },
  ])('without its numbers is none: %j', (details) => {
    expect(purgeOf(details)).toBeUndefined()
  })

  it('of another action is none', () => {
    expect(readPurge(forwarded({ details: { entries: 3, tree_size: 290 } }).entry, 300, {})).toBeUndefined()
  })

  it('counts when its login is one of those whose word counts', () => {
    const { entry } = forwarded({ action: 'audit_log.purged', details: { entries: 3, tree_size: 290 } })
    expect(readPurge(entry, 300, { purgedBy: ['archivist', 'app'] })?.recordedBy).toBe('app')
    expect(readPurge(entry, 300, { purgedBy: ['archivist'] })).toBeUndefined()
    expect(readPurge(entry, 300, { purgedBy: [] })).toBeUndefined()
  })

  it('speaks of no leaf from the archived size on, nor of its own and later ones', () => {
    const leaves = [[3, 6], [289, 290], [289, 291], [299, 301], [400, 500]] // prettier-ignore
    expect(purgeOf({ entries: 9, tree_size: 290, leaves })?.leaves).toEqual([[3, 6], [289, 290]]) // prettier-ignore
    expect(purgeOf({ entries: 9, tree_size: 1000, leaves }, 300)).toMatchObject({ before: 300 })
    expect(purgeOf({ entries: 9, tree_size: 1000, leaves: [[299, 300], [299, 301]] }, 300)?.leaves).toEqual([[299, 300]]) // prettier-ignore
  })

  it.each([[[6, 3]], [[3, 3]], [[-1, 3]], [[1.5, 3]], [[3]], [[3, 6, 9]], ['3-6'], [null]])(
    'has no range such as %j',
    (range) => {
      expect(purgeOf({ entries: 3, tree_size: 290, leaves: [range] })?.leaves).toEqual([])
    },
  )
})

describe('absent leaves', () => {
  it('are explained by the ranges of purges, and by nothing beside them', () => {
    const purges = [
      ...recorded({ entries: 3, tree_size: 290, leaves: [[3, 6]] }),
      ...recorded({ entries: 2, tree_size: 290, leaves: [[6, 8]] }),
    ]
    expect(unexplained([[3, 8]], purges)).toEqual([])
    expect(unexplained([[2, 9]], purges)).toEqual([[2, 3], [8, 9]]) // prettier-ignore
  })

  it('are explained by the number of a purge that tells no ranges, up to that number and before its archived size', () => {
    const counted = recorded({ entries: 3, tree_size: 290 })
    expect(unexplained([[287, 290]], counted)).toEqual([])
    expect(unexplained([[286, 290]], counted)).toEqual([[286, 290]])
    expect(unexplained([[290, 291]], counted)).toEqual([[290, 291]])
    expect(unexplained([[288, 291]], counted)).toEqual([[288, 291]])
  })

  it('are not explained by the number of a purge that does tell its ranges', () => {
    const purges = recorded({ entries: 100, tree_size: 290, leaves: [[3, 4]] })
    expect(unexplained([[3, 5]], purges)).toEqual([[4, 5]])
  })
})
