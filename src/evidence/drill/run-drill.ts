import { causeOf, sqlStateOf } from '../../database/database-error.ts'
import { type Database, type Executor, withConnection } from '../../database/database.ts'
import { AuditLogError } from '../../errors.ts'
import { wholeNumber } from '../../option.ts'
import { checkName } from '../../schema/names.ts'
import type { Attack, AttackLevel } from './attack.ts'
import { readerAttacks, writerAttacks } from './attacks-by-application.ts'
import { ownerAttacks } from './attacks-by-owner.ts'
import { superuserAttacks } from './attacks-by-superuser.ts'
import { detect, type Detector, type PostureBefore, readPosture } from './detect.ts'
import { block, fill, makeScratch, type Scratch } from './scratch.ts'

/** Every attack of the drill. */
export const attacks: readonly Attack[] = [...writerAttacks, ...readerAttacks, ...ownerAttacks, ...superuserAttacks]

/** Options of {@link runDrill}. */
export interface DrillOptions {
  /** Schema of a log whose newest entries are copied into the scratch log, read only. Default is entries that are made up. */
  readonly from?: string | undefined
  /** Entries in the scratch log, 8 to 10,000. Default is 300. */
  readonly entries?: number | undefined
  /** Called after each attack. */
  readonly onResult?: ((result: DrillResult) => void) | undefined
}

/**
 * What became of an attack.
 *
 * - `refused`: the database did not let it happen
 * - `no_effect`: nothing refused it, and it did not do what it was made for
 * - `detected`: it happened, and what is in the database shows it
 * - `outside_only`: it happened, and only evidence kept outside of the database shows it: a witness, or a client's receipt
 * - `undetectable`: it happened, and nothing shows it
 */
export type DrillOutcome = 'refused' | 'no_effect' | 'detected' | 'outside_only' | 'undetectable'

/** One line of the matrix. */
export interface DrillResult {
  readonly id: string
  readonly level: AttackLevel
  readonly title: string
  readonly outcome: DrillOutcome
  /** What refused it, when something did. */
  readonly refusedBy: 'privileges' | 'guard' | 'stamping' | 'server' | undefined
  readonly sqlState: string | undefined
  /** What showed it, and what it said. */
  readonly detectedBy: Readonly<Partial<Record<Detector, string>>>
}

/** The matrix. */
export interface DrillReport {
  readonly serverVersion: string
  readonly entries: number
  readonly results: readonly DrillResult[]
}

const inDatabase: ReadonlySet<Detector> = new Set(['entry_hash', 'leaf', 'checkpoint', 'posture'])

/**
 * Attacks a log in every way of the catalogue, and says what was refused, what was detected and by what, and what only a
 * witness can show.
 *
 * Everything happens on one connection in one transaction that is rolled back: the scratch schema, its roles and whatever the
 * attacks do to the catalog are never visible to anybody, and nothing of it stays, however the drill ends. The real schema is
 * at most read. It takes some seconds and holds a transaction open meanwhile.
 *
 * @param db a superuser's connection, best on a server that is not in production
 * @throws AuditLogError `privilege_missing` when the login is no superuser; `option_invalid`; `read_failed`
 */
export async function runDrill(db: Database, options: DrillOptions = {}): Promise<DrillReport> {
  const entries = wholeNumber(options.entries ?? 300, 8, 10_000, '$.entries')
  const from = options.from === undefined ? undefined : checkName(options.from, '$.from')
  return withConnection(db, async (executor) => {
    try {
      const [login] = await executor.run(
        `select current_setting('is_superuser') = 'on' and session_user = current_user as superuser, current_setting('server_version') as version`,
      )
      if (login?.['superuser'] !== true) {
        throw new AuditLogError(
          'privilege_missing',
          'the drill needs the connection of a superuser: try it on a server that is not in production',
        )
      }
      await executor.run('begin')
      const scratch = await makeScratch(executor, { entries, from })
      const before = await readPosture(executor, scratch)
      const results: DrillResult[] = []
      for (const attack of attacks) {
        const result = await carryOut(executor, scratch, before, attack)
        results.push(result)
        options.onResult?.(result)
      }
      return { serverVersion: String(login['version']).split(' ')[0] ?? '', entries, results }
    } catch (error) {
      if (error instanceof AuditLogError) throw error
      const details = causeOf(error)
      throw new AuditLogError('read_failed', `the drill ended early: ${details.cause.message}`, details)
    } finally {
      await executor.run('rollback').catch(() => undefined)
    }
  })
}

async function carryOut(
  executor: Executor,
  scratch: Scratch,
  before: PostureBefore,
  attack: Attack,
): Promise<DrillResult> {
  const { id, level, title } = attack
  const result = { id, level, title, refusedBy: undefined, sqlState: undefined, detectedBy: {} }
  await executor.run('savepoint drill')
  try {
    await executor.run(block(fill(scratch, sessionOf[level])))
    try {
      if (typeof attack.run === 'string') await executor.run(block(fill(scratch, attack.run)))
      else await attack.run(scratch, executor)
    } catch (error) {
      const sqlState = sqlStateOf(error)
      if (sqlState === undefined) throw error
      return { ...result, outcome: 'refused', refusedBy: refuserOf(sqlState), sqlState }
    }
    if (attack.effective !== undefined) {
      const [row] = await executor.run(attack.effective)
      if (row?.['effective'] !== true) return { ...result, outcome: 'no_effect' }
    }
    await executor.run('reset role')
    await executor.run('reset session authorization')
    await executor.run('reset search_path')
    const detections = await detect(executor, scratch, before)
    const outcome =
      detections.size === 0
        ? 'undetectable'
        : [...detections.keys()].some((by) => inDatabase.has(by))
          ? 'detected'
          : 'outside_only'
    return { ...result, outcome, detectedBy: Object.fromEntries(detections) }
  } finally {
    await executor.run('rollback to savepoint drill')
    await executor.run('release savepoint drill')
    // Plans that were made while a built-in function was another one outlive the transaction.
    await executor.run('discard plans')
    await executor.run(`select setval('${scratch.names.schema}.entry_seq', ${scratch.lastSeq})`)
  }
}

const sessionOf: Readonly<Record<AttackLevel, string>> = {
  writer: 'set local session authorization {writerLogin}',
  reader: 'set local session authorization {readerLogin}',
  owner: 'set local session authorization {ownerLogin}; set local role {owner}',
  superuser: 'select 1',
}

function refuserOf(sqlState: string): DrillResult['refusedBy'] {
  if (sqlState === '42501') return 'privileges'
  if (sqlState === 'WO001') return 'guard'
  return sqlState.startsWith('WO') ? 'stamping' : 'server'
}
