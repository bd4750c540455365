import { describe, expect, it } from 'vitest'
import { Forwarder, type ForwarderOptions } from '../../../../src/sinks/forwarder/forwarder.ts'
import { readForwarders } from '../../../../src/sinks/forwarder/forwarder-state.ts'
import { SplunkSink } from '../../../../src/sinks/splunk.ts'
import type { ForwarderStatus } from '../../../../src/sinks/forwarder/status.ts'
import { verifyCopy } from '../../../../src/evidence/copy/verify-copy.ts'
import { trustLogs } from '../../../../src/tlog/index.ts'
import { refusal } from '../../../support/database.ts'
import { type FakeSplunk, startFakeSplunk } from '../../../support/fake-splunk.ts'
import { sequencedLog } from '../../../support/sequenced-log.ts'
import { unique } from '../../../support/unique.ts'
import { until } from '../../../support/until.ts'

const log = await sequencedLog()
await log.grow(1200)

const sinkOf = ({ url, token }: FakeSplunk): SplunkSink => new SplunkSink({ url, token, index: 'audit' })
const forwarderOf = (fake: FakeSplunk, name: string, options: Partial<ForwarderOptions> = {}): Forwarder =>
  new Forwarder({
    db: log.sequencerPool,
    name,
    sink: sinkOf(fake),
    intervalMs: 20,
    leaseMs: 500,
    checkpointIntervalMs: 0,
    ...options,
  })

const leavesOf = (fake: FakeSplunk): number[] =>
  fake.events.flatMap(({ fields }) => (fields['leaf_index'] === undefined ? [] : Number(fields['leaf_index'])))
const noticesOf = (fake: FakeSplunk): Record<string, unknown>[] =>
  fake.events.filter(({ fields }) => fields['leaf_index'] === undefined).map(({ event }) => event)
const upTo = (size: number, from = 0): number[] => Array.from({ length: size - from }, (_, index) => from + index)

describe('a forwarder', () => {
  it('takes every leaf to the sink, and the checkpoint that covers them', async () => {
    const fake = await startFakeSplunk()
    const forwarder = forwarderOf(fake, unique('all'))
    forwarder.start()
    await until(() => fake.events.length >= log.size() + 1)
    await forwarder.stop()
    expect(new Set(leavesOf(fake))).toEqual(new Set(upTo(log.size())))
    expect(noticesOf(fake)).toMatchObject([{ action: 'audit_log.checkpoint', details: { tree_size: log.size() } }])
    expect(forwarder.status()).toMatchObject({ state: 'stopped', nextLeafIndex: log.size(), lag: 0 })
    await fake.stop()
  })
})

describe('one forwarder at a time', () => {
  it('two that are started together send each leaf once, and the other takes over when the first stops', async () => {
    const fake = await startFakeSplunk()
    const name = unique('pair')
    // On a busy machine a process may be late by more than a short lease, and the other one would send the same.
    const [a, b] = [forwarderOf(fake, name, { leaseMs: 3000 }), forwarderOf(fake, name, { leaseMs: 3000 })]
    a.start()
    b.start()
    await until(() => fake.events.length >= log.size() + 1)
    const states = (): string[] => [a.status().state, b.status().state].toSorted((x, y) => x.localeCompare(y))
    await until(() => states().join() === 'running,standby')
    const [active, standby] = a.status().state === 'running' ? [a, b] : [b, a]
    await active.stop()
    await log.grow(1)
    await until(() => standby.status().state === 'running' && leavesOf(fake).length >= log.size())
    await standby.stop()
    expect(leavesOf(fake).toSorted((x, y) => x - y)).toEqual(upTo(log.size()))
    await fake.stop()
  })

  it('a forwarder whose lease was taken commits nothing any more', async () => {
    const fake = await startFakeSplunk()
    const name = unique('robbed')
    const forwarder = forwarderOf(fake, name, { stopTimeoutMs: 0 })
    fake.fault = { kind: 'hang' }
    forwarder.start()
    await until(() => fake.requests.length > 0)
    await log.admin.query(
      `update audit_log.forwarder set leader = 'other', lease_until = clock_timestamp() + interval '10 minutes' where name = $1`,
      [name],
    )
    fake.fault = undefined
    await until(() => forwarder.status().state === 'standby')
    await forwarder.stop()
    const { rows } = await log.admin.query(
      `select next_leaf_index::int as next, leader from audit_log.forwarder where name = $1`,
      [name],
    )
    expect(rows).toEqual([{ next: 0, leader: 'other' }])
    await fake.stop()
  })
})

describe('the position', () => {
  it('goes on where the last process stopped', async () => {
    const fake = await startFakeSplunk()
    const name = unique('restart')
    const first = forwarderOf(fake, name)
    first.start()
    await until(() => first.status().nextLeafIndex >= 500)
    await first.stop()
    const second = forwarderOf(fake, name)
    second.start()
    await until(() => new Set(leavesOf(fake)).size === log.size())
    await second.stop()
    // A graceful stop repeats nothing.
    expect(leavesOf(fake).toSorted((a, b) => a - b)).toEqual(upTo(log.size()))
    await fake.stop()
  })

  it('begins at the end with startAt now, and at a leaf index', async () => {
    const fake = await startFakeSplunk()
    const before = log.size()
    const [late, middle] = [
      forwarderOf(fake, unique('late'), { startAt: 'now' }),
      forwarderOf(fake, unique('middle'), { startAt: before - 3 }),
    ]
    late.start()
    await until(() => late.status().state === 'running')
    await log.grow(2)
    await until(() => leavesOf(fake).length >= 2)
    await late.stop()
    expect(leavesOf(fake)).toEqual([before, before + 1])
    middle.start()
    await until(() => leavesOf(fake).length >= 7)
    await middle.stop()
    expect(new Set(leavesOf(fake).slice(2))).toEqual(new Set(upTo(before + 2, before - 3)))
    // Each event knows the one before, the first one too.
    expect(
      fake.events.every(({ event }) => event['leaf_index'] === undefined || event['previous_entry_hash'] !== null),
    ).toBe(true)
    await fake.stop()
  })

  it('moves back with replayFrom, whichever process forwards', async () => {
    const fake = await startFakeSplunk()
    const name = unique('replay')
    const forwarder = forwarderOf(fake, name, { startAt: 'now' })
    forwarder.start()
    await until(() => forwarder.status().state === 'running')
    const size = log.size()
    await forwarderOf(fake, name).replayFrom(size - 10)
    await until(() => leavesOf(fake).length >= 10)
    await forwarder.stop()
    expect(leavesOf(fake)).toEqual(upTo(size, size - 10))
    await fake.stop()
  })

  it('does not move forward with replayFrom, past what nobody has sent', async () => {
    const fake = await startFakeSplunk()
    const name = unique('forward')
    const forwarder = forwarderOf(fake, name, { startAt: 'now' })
    forwarder.start()
    await until(() => forwarder.status().state === 'running')
    const size = log.size()
    await expect(forwarder.replayFrom(size + 2)).rejects.toMatchObject({ code: 'option_invalid', path: '$.leafIndex' })
    await expect(forwarderOf(fake, unique('none')).replayFrom(0)).rejects.toMatchObject({ code: 'forwarder_unknown' })
    await log.grow(3)
    await until(() => leavesOf(fake).length >= 3)
    await forwarder.stop()
    expect(leavesOf(fake)).toEqual(upTo(size + 3, size))
    await fake.stop()
  })

  it('is held by pause and goes on with resume', async () => {
    const fake = await startFakeSplunk()
    const forwarder = forwarderOf(fake, unique('held'), { startAt: 'now' })
    forwarder.start()
    await until(() => forwarder.status().state === 'running')
    await forwarder.pause()
    await until(() => forwarder.status().state === 'held')
    await log.grow(3)
    expect(fake.events.length).toBeLessThan(2)
    await forwarder.resume()
    await until(() => leavesOf(fake).length >= 3)
    await forwarder.stop()
    await fake.stop()
  })
})

describe('a lease', () => {
  it('that ends later than any can was given before the clock was set back, and keeps nobody from work', async () => {
    const fake = await startFakeSplunk()
    const name = unique('clock')
    const first = forwarderOf(fake, name)
    first.start()
    await until(() => first.status().state === 'running')
    await first.stop()
    await log.admin.query(
      `update audit_log.forwarder set leader = 'dead', lease_until = clock_timestamp() + interval '1 hour' where name = $1`,
      [name],
    )
    const second = forwarderOf(fake, name)
    second.start()
    await until(() => second.status().state === 'running')
    await second.stop()
    await fake.stop()
  })
})

describe('the dead letter', () => {
  it('G4 takes the poison entry with its reason, and the position passes it only afterwards', async () => {
    const fake = await startFakeSplunk()
    fake.rejects = (event) => (event['leaf_index'] === 250 ? 13 : undefined)
    const told: ForwarderStatus[] = []
    const name = unique('poison')
    const forwarder = forwarderOf(fake, name, { onDeadLetter: (status) => told.push(status) })
    forwarder.start()
    await until(() => forwarder.status().nextLeafIndex === log.size())
    await forwarder.stop()
    const { rows } = await log.admin.query(
      `select first_leaf_index::int as leaf, kind, code, item = entry.id::text as "same" from audit_log.dead_letter
       join audit_log.leaf on leaf.leaf_index = first_leaf_index join audit_log.entry on entry.seq = leaf.seq where forwarder = $1`,
      [name],
    )
    expect(rows).toEqual([{ leaf: 250, kind: 'rejected', code: 'splunk_code_13', same: true }])
    expect(new Set(leavesOf(fake))).toEqual(new Set(upTo(log.size()).filter((leaf) => leaf !== 250)))
    expect(forwarder.status().counters).toMatchObject({ rejected: 1 })
    expect(() => forwarder.start()).toThrow(expect.objectContaining({ code: 'closed' }))
    expect(told).toMatchObject([{ name, counters: { rejected: 1 } }])
    await fake.stop()
  })

  it('cannot be changed, and only the sequencer role writes it and the position', async () => {
    const codes = await Promise.all([
      refusal(log.admin.query(`update audit_log.dead_letter set reason = ''`)),
      refusal(log.admin.query('delete from audit_log.dead_letter')),
      refusal(log.admin.query('truncate audit_log.dead_letter')),
      refusal(log.appPool.query(`update audit_log.forwarder set next_leaf_index = 0`)),
      refusal(
        log.appPool.query(
          `insert into audit_log.forwarder (name, next_leaf_index, checkpoint_size) values ('x', 0, 0)`,
        ),
      ),
      refusal(log.sequencerPool.query(`delete from audit_log.forwarder`)),
      refusal(log.sequencerPool.query(`update audit_log.dead_letter set reason = ''`)),
    ])
    expect(codes).toEqual(['WO001', 'WO001', 'WO001', '42501', '42501', '42501', '42501'])
  })
})

describe('trouble', () => {
  it('G5 is reported once when nothing gets through, holds no token, and blocks no other sink', async () => {
    const [broken, well] = [await startFakeSplunk(), await startFakeSplunk()]
    broken.disabled = true
    const alarms: ForwarderStatus[] = []
    const name = unique('failing')
    const failing = forwarderOf(broken, name, { failingAfterMs: 0, onFailing: (status) => alarms.push(status) })
    const other = forwarderOf(well, unique('well'))
    failing.start()
    other.start()
    await until(() => other.status().nextLeafIndex === log.size())
    await until(() => alarms.length > 0)
    expect(alarms).toMatchObject([
      { name, state: 'paused', problem: { cause: 'auth', code: 'splunk_code_1' }, nextLeafIndex: 0 },
    ])
    expect(alarms[0]?.lag).toBe(log.size())
    expect(alarms[0]?.oldestAgeMs).toBeGreaterThan(0)
    expect([alarms[0]?.lastSuccessAt, typeof other.status().lastSuccessAt]).toEqual([undefined, 'number'])
    expect(JSON.stringify(alarms)).not.toContain(broken.token)
    await until(async () =>
      (await readForwarders(log.sequencerPool, 'audit_log')).some(
        (row) => row.name === name && row.problem === 'splunk_code_1',
      ),
    )
    await failing.stop()
    await other.stop()
    await broken.stop()
    await well.stop()
  })

  it('forwards an entry that somebody altered, so that verify-copy names it; names the leaf of one that is gone', async () => {
    const fake = await startFakeSplunk()
    await log.admin.query(`set session_replication_role = default; alter table audit_log.entry disable trigger all`)
    const tables = await log.admin.query<{ name: string }>(
      `select distinct tableoid::regclass::text as name from audit_log.entry`,
    )
    for (const { name } of tables.rows) await log.admin.query(`alter table ${name} disable trigger all`)
    await log.admin.query(
      `update audit_log.entry set action = 'forged' where seq = (select seq from audit_log.leaf where leaf_index = 100)`,
    )
    await log.admin.query(
      `delete from audit_log.entry where seq in (select seq from audit_log.leaf where leaf_index in (200, 201))`,
    )
    const forwarder = forwarderOf(fake, unique('tampered'))
    forwarder.start()
    await until(() => forwarder.status().nextLeafIndex === log.size() && noticesOf(fake).length > 0)
    await forwarder.stop()
    const report = await verifyCopy([fake.events.map(({ event }) => JSON.stringify(event)).join('\n')], {
      policy: trustLogs([log.verifierKey]),
    })
    expect(report.findings).toEqual([
      { kind: 'altered', leafIndex: 100, part: 'content' },
      { kind: 'missing', first: 200, last: 201 },
    ])
    expect(forwarder.status().counters.gone).toBe(2)
    await fake.stop()
  })
})

describe('a backlog', () => {
  it('that is sent again is proven in pieces, as it was the first time', async () => {
    await log.grow(10_000)
    const first = log.size()
    await log.grow(10)
    const fake = await startFakeSplunk()
    const forwarder = forwarderOf(fake, unique('pieces'), { startAt: 'now' })
    const sizes = (): unknown[] => noticesOf(fake).map(({ details }) => (details as { tree_size: number }).tree_size)
    forwarder.start()
    await until(() => sizes().length === 1)
    await forwarder.replayFrom(0)
    await until(() => sizes().length >= 3 && sizes().at(-1) === log.size())
    // Leaves of entries that the test before has deleted are not there to be sent.
    await until(() => new Set(leavesOf(fake)).size === log.size() - forwarder.status().counters.gone)
    await forwarder.stop()
    expect(sizes()).toEqual([log.size(), first, log.size()])
    await fake.stop()
  })
})
