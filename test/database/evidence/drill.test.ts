import { describe, expect, it } from 'vitest'
import { AuditLogger, type DrillOutcome, formatDrill, inspect, runDrill } from '../../../src/index.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { testLog } from '../../support/database.ts'
import { tableOf, writtenTable } from '../../support/security-table.ts'

const log = await testLog()
await new AuditLogger({ db: log.appPool }).logMany(
  Array.from({ length: 30 }, (_, n) => ({ action: 'real.entry', details: { n: n + 1 } })),
)
const { baseline } = await inspect(log.admin, { roles: log.roles, login: null })
const report = await runDrill(log.admin, { entries: 40 })
const { results } = report
const outcomeOf = (id: string): DrillOutcome | undefined => results.find((result) => result.id === id)?.outcome
const withOutcome = (outcome: DrillOutcome): string[] =>
  results.filter((result) => result.outcome === outcome).map(({ id }) => id)

describe('the drill', () => {
  it('carries out a large catalogue at four levels', () => {
    expect(results.length).toBeGreaterThan(80)
    for (const level of ['writer', 'reader', 'owner', 'superuser'] as const) {
      expect(results.filter((result) => result.level === level).length).toBeGreaterThan(8)
    }
    expect(new Set(results.map(({ id }) => id)).size).toBe(results.length)
  })

  it('finds of every attack what docs/security.md says', async () => {
    expect(await writtenTable()).toEqual(tableOf(results))
  })

  it('is refused everything as a writer and as a reader', () => {
    const through = results.filter(({ level, outcome }) => /writer|reader/.test(level) && outcome !== 'refused')
    expect(through).toEqual([expect.objectContaining({ id: 'writer-temporary-objects', outcome: 'no_effect' })])
  })

  it('says that only outside evidence shows a rewritten log that is signed with the stolen key, and one put back to an earlier state', () => {
    expect(withOutcome('outside_only')).toEqual([
      'owner-cut-the-end',
      'owner-delete-unsequenced',
      'superuser-rewrite',
      'superuser-remove',
      'superuser-reorder',
      'superuser-rollback',
      'superuser-delete-unsequenced',
    ])
    for (const id of withOutcome('outside_only')) {
      const { detectedBy } = results.find((result) => result.id === id)!
      expect([id, Object.keys(detectedBy).some((by) => by === 'witness' || by === 'receipt')]).toEqual([id, true])
    }
  })

  it('calls undetectable what docs/security.md does, and nothing else', () => {
    expect(withOutcome('undetectable')).toEqual(['superuser-set-session', 'superuser-never-written', 'superuser-read'])
  })

  it.each([
    ['owner-edit', 'entry_hash'],
    ['owner-edit-microsecond', 'entry_hash'],
    ['owner-edit-and-rehash', 'leaf'],
    ['owner-edit-and-leaf', 'checkpoint'],
    ['owner-swap-leaves', 'checkpoint'],
    ['owner-close-the-gap', 'checkpoint'],
    ['owner-delete-with-triggers-off', 'leaf'],
    ['owner-truncate', 'leaf'],
    ['owner-function-swap', 'leaf'],
    ['owner-alter-type', 'leaf'],
    ['owner-forge', 'leaf'],
    ['owner-setval', 'posture'],
    ['owner-child', 'posture'],
    ['owner-tile', 'checkpoint'],
    ['superuser-catalog-flags', 'leaf'],
    ['superuser-other-key', 'checkpoint'],
    ['superuser-restore', 'leaf'],
    ['superuser-replace-hash', 'entry_hash'],
    ['superuser-rewrite', 'witness'],
    ['superuser-rollback', 'witness'],
    ['superuser-delete-unsequenced', 'receipt'],
  ] as const)('%s is shown by %s', (id, detector) => {
    expect(Object.keys(results.find((result) => result.id === id)?.detectedBy ?? {})).toContain(detector)
  })

  it('is shown by the verifier whatever the leaves, the checkpoints or a witness show of what a checkpoint covers', () => {
    const byItself = ['leaf', 'checkpoint', 'witness'] as const
    const missed = results.filter(
      ({ detectedBy }) => byItself.some((by) => by in detectedBy) && detectedBy.verify === undefined,
    )
    // A tile beside the tree that was signed.
    expect(missed.map(({ id }) => id)).toEqual(['owner-tile'])
    expect(results.find(({ id }) => id === 'superuser-rewrite')?.detectedBy.verify).toMatch(/^fork/)
    expect(results.find(({ id }) => id === 'superuser-rollback')?.detectedBy.verify).toBe('restored_to_earlier')
  })

  it('finds that no guard stops the owner, but that all marks of one who switched them off stay in the baseline', () => {
    const off = [
      'owner-delete-with-triggers-off',
      'owner-function-swap',
      'owner-edit',
      'superuser-rewrite',
      'superuser-rollback',
    ]
    for (const id of off) {
      expect([id, results.find((result) => result.id === id)?.detectedBy.baseline]).toEqual([id, 'baseline_moved'])
      expect([id, results.find((result) => result.id === id)?.detectedBy.posture]).toEqual([id, undefined])
    }
  })

  it('is stopped by guards that fire also for replicas and superusers', () => {
    for (const id of ['superuser-replica', 'superuser-delete', 'owner-delete']) {
      expect(results.find((result) => result.id === id)).toMatchObject({
        outcome: 'refused',
        refusedBy: 'guard',
        sqlState: 'WO001',
      })
    }
  })

  it('leaves nothing behind and does not touch the log', async () => {
    const { rows } = await log.admin.query(
      `select nspname as name from pg_namespace where nspname ~ 'drill' union all select rolname from pg_roles where rolname ~ 'drill'`,
    )
    expect(rows).toEqual([])
    const after = await inspect(log.admin, { roles: log.roles, login: null, baseline })
    expect(after.findings.filter(({ code }) => code.startsWith('baseline'))).toEqual([])
    expect((await log.admin.query('select count(*)::integer as entries from audit_log.entry')).rows).toEqual([
      { entries: 30 },
    ])
  })

  it('copies a log that is there, and finds the same', async () => {
    const told: string[] = []
    const onResult = ({ id }: { id: string }): void => void told.push(id)
    const copied = await runDrill(log.admin, { from: 'audit_log', entries: 12, onResult })
    expect(told).toEqual(copied.results.map(({ id }) => id))
    expect(copied.results.map(({ id, outcome }) => [id, outcome])).toEqual(
      results.map(({ id, outcome }) => [id, outcome]),
    )
  })

  it('prints a matrix with a line for each attack', () => {
    const text = formatDrill(report)
    for (const { title } of results) expect(text).toContain(`| ${title} |`)
    expect(text).toContain('NOT DETECTABLE')
    expect(outcomeOf('owner-delete')).toBe('refused')
  })

  it('is not held without a superuser, and not with options that make no sense', async () => {
    expect(await codeOfAsync(runDrill(log.appPool))).toBe('privilege_missing')
    const creator = await log.login('createrole')
    expect(await codeOfAsync(runDrill(log.pool(creator.url)))).toBe('privilege_missing')
    expect(await codeOfAsync(runDrill(log.admin, { entries: 7 }))).toBe('option_invalid')
    expect(await codeOfAsync(runDrill(log.admin, { from: 'nowhere' }))).toBe('read_failed')
  })
})
