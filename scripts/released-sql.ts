import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The hashes of the numbered files of `sql/` below a folder, by name. */
export function hashSql(root: string): Record<string, string> {
  const names = readdirSync(join(root, 'sql')).filter((name) => /^[0-9]{4}-.*\.sql$/.test(name))
  return Object.fromEntries(names.toSorted().map((name) => [name, hashOf(join(root, 'sql', name))]))
}

/** The released files that are gone or not what they were: databases out there have their hashes. */
export function changedSinceRelease(released: Readonly<Record<string, string>>, root: string): string[] {
  return Object.keys(released).filter((name) => {
    const path = join(root, 'sql', name)
    return !existsSync(path) || hashOf(path) !== released[name]
  })
}

const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
