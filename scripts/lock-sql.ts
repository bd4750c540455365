import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Part of a release: from here on the numbered files of sql/ that exist now never change. See CONTRIBUTING.md.

const folder = join(import.meta.dirname, '../sql')
const files = readdirSync(folder).filter((name) => /^[0-9]{4}-.*\.sql$/.test(name))
const hashes = files.toSorted().map((name) => {
  const sha256 = createHash('sha256')
  return [name, sha256.update(readFileSync(join(folder, name))).digest('hex')]
})
writeFileSync(join(folder, 'released.json'), `${JSON.stringify(Object.fromEntries(hashes), undefined, 2)}\n`)
