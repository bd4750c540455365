import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { changedSinceRelease, hashSql } from '../../../scripts/released-sql.ts'
import { migrations } from '../../../src/schema/migrations.ts'

const root = mkdtempSync(join(tmpdir(), 'audit-log-sql-'))
beforeEach(() => cpSync(join(import.meta.dirname, '../../../sql'), join(root, 'sql'), { recursive: true }))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('a released migration', () => {
  it('is recorded with the hash that the installation records', () => {
    const expected = Object.fromEntries(migrations.map(({ name, sha256 }) => [`${name}.sql`, sha256]))
    expect(hashSql(root)).toEqual(expected)
  })

  it('may not change in a single byte, and may not go', () => {
    const released = hashSql(root)
    expect(changedSinceRelease(released, root)).toEqual([])
    const path = join(root, 'sql', '0003-entry.sql')
    writeFileSync(path, readFileSync(path, 'utf8').replace('1,024', '1,025'))
    rmSync(join(root, 'sql', '0005-partition.sql'))
    expect(changedSinceRelease(released, root)).toEqual(['0003-entry.sql', '0005-partition.sql'])
  })

  it('has to be among the files that are there now', () => {
    const released = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../../sql/released.json'), 'utf8'),
    ) as Record<string, string>
    expect(changedSinceRelease(released, join(import.meta.dirname, '../../..'))).toEqual([])
  })
})
