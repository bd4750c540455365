import { beforeAll, describe, expect, it } from 'vitest'
import type { VerificationReport } from '../../../src/evidence/verdict.ts'
import { verifyLog } from '../../../src/evidence/verify-log.ts'
import { createSigner, formatCheckpoint, generateKey, signNote, trustLogs } from '../../../src/tlog/index.ts'
import { codeOfAsync } from '../../support/error-code.ts'
import { sequencedLog } from '../../support/sequenced-log.ts'

const log = await sequencedLog()
const policy = trustLogs([log.verifierKey])
const reader = log.pool(log.reader.url)
const noteOf = async (size: number): Promise<string> =>
  (await log.admin.query<{ note: string }>('select note from audit_log.checkpoint where tree_size = $1', [size]))
    .rows[0]!.note
const verify = (since?: string): Promise<VerificationReport> => verifyLog(reader, { policy, since })

/** What a thief of the key may sign. */
const signed = async (size: number, rootHash: Uint8Array): Promise<string> =>
  signNote(formatCheckpoint({ origin: 'audit.example.com/test', size, rootHash, extensions: [] }), [
    await createSigner(log.signerKey),
  ])

/** Verifies the log as it is after some statements of a superuser's, which are rolled back. */
async function after(statements: string, since?: string): Promise<VerificationReport> {
  const client = await log.connect()
  await client.query('begin; set local session_replication_role = replica')
  // A trigger that is enabled always fires in a replica too.
  const { rows } = await client.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where relnamespace = 'audit_log'::regnamespace and relkind in ('r', 'p')`,
  )
  for (const { name } of rows) await client.query(`alter table ${name} disable trigger all`)
  try {
    await client.query(statements)
    return await verifyLog(client, { policy, since })
  } finally {
    await client.query('rollback')
  }
}

beforeAll(async () => {
  await log.grow(300)
  await log.grow(500)
  await log.grow(33)
})

describe('an honest log', () => {
  it('is intact, also with entries that have no leaf yet', async () => {
    await log.audit.log({ action: 'a.b' })
    expect(await verify()).toMatchObject({ verdict: 'intact', ok: true, size: 833, entries: 833, findings: [] })
  })

  it.each([300, 800, 833])('continues its checkpoint of %i leaves', async (size) => {
    expect((await verify(await noteOf(size))).verdict).toBe('intact')
    const report = await verifyLog(reader, { policy, since: await noteOf(size), onlyNew: true })
    expect(report).toMatchObject({ verdict: 'intact', begin: size, entries: 833 - size })
  })
})

describe('a log of which', () => {
  it.each<{ title: string; statements: string; verdict: string; finding?: object; since?: number }>([
    {
      title: 'an entry was edited',
      statements: `update audit_log.entry set user_id = 'user-1' where seq = 99`,
      verdict: 'entry_edited',
      finding: { leafIndex: 98, seq: 99 },
    },
    {
      title: 'an outcome was edited',
      statements: `update audit_log.entry set outcome = 'denied' where seq = 99`,
      verdict: 'entry_edited',
      finding: { seq: 99, field: 'outcome', original: 'success' },
    },
    {
      title: 'a microsecond was edited',
      statements: `update audit_log.entry set timestamp = timestamp + '1 microsecond' where seq = 99;
        update audit_log.leaf set timestamp = timestamp + '1 microsecond' where seq = 99`,
      verdict: 'entry_edited',
      finding: { seq: 99, field: 'timestamp' },
    },
    {
      title: 'an entry, its hash and its leaf were rewritten',
      statements: `update audit_log.entry set user_id = 'mallory' where seq = 99;
        update audit_log.entry set entry_hash = sha256(convert_to(audit_log.entry_line(entry), 'UTF8')) where seq = 99;
        update audit_log.leaf set entry_hash = (select entry_hash from audit_log.entry where seq = 99) where seq = 99`,
      verdict: 'entry_edited',
      finding: { leafIndex: 98 },
    },
    ...[`action = 'audit_log.purged"'`, `action = 'audit_log.purged', details = 'null'`].map((change) => ({
      title: `an entry became, with its hash and its leaf, a record of a purge that cannot be read: ${change}`,
      statements: `update audit_log.entry set ${change} where seq = 99;
        update audit_log.entry set entry_hash = sha256(convert_to(audit_log.entry_line(entry), 'UTF8')) where seq = 99;
        update audit_log.leaf set entry_hash = (select entry_hash from audit_log.entry where seq = 99) where seq = 99`,
      verdict: 'entry_edited',
      finding: { leafIndex: 98 },
    })),
    {
      title: 'an entry, its hash, its leaf and all tiles were rewritten',
      statements: `update audit_log.entry set user_id = 'mallory' where seq = 820;
        update audit_log.entry set entry_hash = sha256(convert_to(audit_log.entry_line(entry), 'UTF8')) where seq = 820;
        update audit_log.leaf set entry_hash = (select entry_hash from audit_log.entry where seq = 820) where seq = 820`,
      verdict: 'altered',
    },
    {
      title: 'an entry was deleted',
      statements: 'delete from audit_log.entry where seq = 99',
      verdict: 'entry_missing',
      finding: { leafIndex: 98, leafEnd: 99 },
    },
    {
      title: 'the last entries were deleted',
      statements: 'delete from audit_log.entry where seq > 830',
      verdict: 'truncated',
      finding: { leafIndex: 830, leafEnd: 833 },
    },
    {
      title: 'an entry and its leaf were deleted',
      statements: 'delete from audit_log.entry where seq = 99; delete from audit_log.leaf where seq = 99',
      verdict: 'entry_missing',
      finding: { leafIndex: 98 },
    },
    {
      title: 'two leaves changed places',
      statements: `update audit_log.leaf set leaf_index = 1000000 where leaf_index = 5;
        update audit_log.leaf set leaf_index = 5 where leaf_index = 6; update audit_log.leaf set leaf_index = 6 where leaf_index = 1000000`,
      verdict: 'order_changed',
      finding: { leafIndex: 5 },
    },
    {
      title: 'two leaves lead to each other’s entries',
      statements: `create temp table swapped as select * from audit_log.leaf where leaf_index in (5, 6);
        delete from audit_log.leaf where leaf_index in (5, 6);
        insert into audit_log.leaf select a.leaf_index, b.seq, b.timestamp, a.entry_hash from swapped a join swapped b on a.seq <> b.seq`,
      verdict: 'order_changed',
      finding: { leafIndex: 5 },
    },
    {
      title: 'a tile was altered',
      statements: `update audit_log.tile set hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40)) where level = 0 and tile_index = 1`,
      verdict: 'damaged',
    },
    {
      title: 'an entry was put in behind the sequencer’s back',
      statements: `insert into audit_log.entry select version, 100000, gen_random_uuid(), timestamp, tenant_id, 'mallory', action, target,
        source_ip, outcome, details, recorded_by, entry_hash, xid, canonical from audit_log.entry where seq = 5`,
      verdict: 'unsequenced',
      finding: { seq: 100_000 },
    },
    {
      title: 'a second entry has the number of another',
      statements: `insert into audit_log.entry select version, seq, gen_random_uuid(), timestamp + '1 second', tenant_id, 'mallory', action, target,
        source_ip, outcome, details, recorded_by, entry_hash, xid, canonical from audit_log.entry where seq = 5`,
      verdict: 'unsequenced',
      finding: { seq: 5 },
    },
    {
      title: 'all checkpoints were deleted',
      statements: 'delete from audit_log.checkpoint',
      verdict: 'unsigned',
    },
    {
      title: 'the tail was cut off with its checkpoints, in the eyes of whoever holds a later one',
      statements: `delete from audit_log.checkpoint where tree_size > 300; delete from audit_log.leaf where leaf_index >= 300;
        delete from audit_log.entry where seq > 300; delete from audit_log.tile where level > 0 or tile_index > 0;
        update audit_log.sequencer_state set done = null`,
      verdict: 'restored_to_earlier',
      since: 833,
    },
    {
      title: 'everything is gone, in the eyes of whoever holds a checkpoint',
      statements: `delete from audit_log.checkpoint; delete from audit_log.leaf; delete from audit_log.entry; delete from audit_log.tile`,
      verdict: 'restored_to_earlier',
      since: 833,
    },
  ])('$title is $verdict', async ({ statements, verdict, finding, since }) => {
    const report = await after(statements, since === undefined ? undefined : await noteOf(since))
    expect(report).toMatchObject({ verdict, ok: false })
    expect(report.findings.find((found) => found.verdict === verdict)).toMatchObject(finding ?? {})
  })

  it('is a fork when it was rewritten and signed with the stolen key, in the eyes of whoever holds a checkpoint', async () => {
    const since = await signed(833, Buffer.alloc(32, 7))
    expect((await verify(since)).verdict).toBe('fork')
    expect((await verifyLog(reader, { policy, since, onlyNew: true })).verdict).toBe('fork')
    const half = await signed(400, Buffer.alloc(32, 7))
    expect((await verify(half)).verdict).toBe('fork')
  })
})

it('says that the key is another one', async () => {
  const { verifierKey } = await generateKey('audit.example.com/test')
  expect((await verifyLog(reader, { policy: trustLogs([verifierKey]) })).verdict).toBe('wrong_key')
})

it('refuses an earlier checkpoint that the policy does not trust', async () => {
  expect(await codeOfAsync(verify('garbage'))).toBe('option_invalid')
  expect(await codeOfAsync(verifyLog(reader, { policy, onlyNew: true }))).toBe('option_invalid')
})
