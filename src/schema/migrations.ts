import { sha256Hex } from '../canonical/sha256.ts'
import migrationSql from '../../sql/0001-migration.sql'
import canonicalSql from '../../sql/0002-canonical.sql'
import entrySql from '../../sql/0003-entry.sql'
import appendSql from '../../sql/0004-append.sql'
import partitionSql from '../../sql/0005-partition.sql'
import evidenceSql from '../../sql/0006-evidence.sql'
import retentionSql from '../../sql/0007-retention.sql'
import cursorKeySql from '../../sql/0008-cursor-key.sql'
import forwarderSql from '../../sql/0009-forwarder.sql'
import logSql from '../../sql/0010-log.sql'
import settingSql from '../../sql/0011-setting.sql'

/** One numbered file of `sql/`. */
export interface Migration {
  readonly id: number
  readonly name: string
  /** The file with its placeholders. */
  readonly sql: string
  /** SHA-256 of the file, recorded when it is applied. */
  readonly sha256: string
}

const files: Readonly<Record<string, string>> = {
  '0001-migration': migrationSql,
  '0002-canonical': canonicalSql,
  '0003-entry': entrySql,
  '0004-append': appendSql,
  '0005-partition': partitionSql,
  '0006-evidence': evidenceSql,
  '0007-retention': retentionSql,
  '0008-cursor-key': cursorKeySql,
  '0009-forwarder': forwarderSql,
  '0010-log': logSql,
  '0011-setting': settingSql,
}

/** All of them in order. A file that has been released never changes; `sql/released.json` holds their hashes. */
export const migrations: readonly Migration[] = Object.entries(files).map(([name, sql]) => ({
  id: Number.parseInt(name, 10),
  name,
  sql,
  sha256: sha256Hex(sql),
}))
