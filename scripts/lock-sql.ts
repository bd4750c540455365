import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashSql } from './released-sql.ts'

// Part of a release: from here on the numbered files of sql/ that exist now never change. See CONTRIBUTING.md.

const root = join(import.meta.dirname, '..')
writeFileSync(join(root, 'sql/released.json'), `${JSON.stringify(hashSql(root), undefined, 2)}\n`)
