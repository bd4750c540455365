import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type pg from 'pg'
import {
  findUnsequenced,
  functionPublisher,
  httpWitness,
  readBacklog,
  type SequencerStatus,
  type Witness,
} from '../../../src/index.ts'
import {
  CompactRange,
  createSigner,
  formatCheckpoint,
  hashLeaves,
  type KeyPair,
  RightEdge,
  signNote,
} from '../../../src/tlog/index.ts'
import { createWitnessHandler, type WitnessOutcome, type WitnessState } from '../../../src/witness/index.ts'
import { fastForward } from '../../support/fast-forward.ts'
import { inOrder, sequencedLog, type SequencedLog, takeCensus, until } from '../../support/sequencer.ts'
import { makeKeys } from '../../support/tlog-fixtures.ts'

/** What holds checkpoints out of reach of the database. */
function keepElsewhere(): { kept: string[]; publisher: ReturnType<typeof functionPublisher> } {
  const kept: string[] = []
  const publisher = functionPublisher(
    'kept elsewhere',
    ({ note }) => Promise.resolve(void kept.push(note)),
    () => Promise.resolve(kept.at(-1)),
  )
  return { kept, publisher }
}
const witnessKey = await makeKeys('soc.example/witness', 'cosignature/v1')

/** A witness in this process, reached through its real handler. */
function startWitness(key: KeyPair): { outcomes: WitnessOutcome['result'][]; witness: ReturnType<typeof httpWitness> } {
  const heads = new Map<string, { size: number; rootHash: Uint8Array }>()
  const state: WitnessState = {
    read: (origin) => Promise.resolve(heads.get(origin)),
    write: (origin, head) => Promise.resolve(void heads.set(origin, head)),
  }
  const outcomes: WitnessOutcome['result'][] = []
  const handle = createWitnessHandler({
    signer: witnessKey.signer,
    logs: [key.verifierKey],
    state,
    onOutcome: ({ result }) => void outcomes.push(result),
  })
  const witness = httpWitness({
    url: 'https://witness.soc.example',
    verifierKey: witnessKey.verifierKey,
    fetch: (url, init) => handle(new Request(url, init)),
  })
  return { outcomes, witness }
}

const guardedTables = ['leaf', 'tile', 'checkpoint', 'entry', 'cosignature', 'publication']

/** What a superuser can do: switch the guards off, work, and switch them on as they were. */
async function unguarded(db: pg.Pool, work: (client: pg.PoolClient) => Promise<unknown>): Promise<void> {
  const client = await db.connect()
  try {
    await client.query('begin')
    await client.query(guardedTables.map((name) => `alter table audit_log.${name} disable trigger user`).join(';'))
    await work(client)
    for (const name of guardedTables) {
      const { rows } = await client.query<{ tgname: string }>(
        `select tgname from pg_trigger where tgrelid = $1::regclass and not tgisinternal`,
        [`audit_log.${name}`],
      )
      for (const { tgname } of rows) {
        await client.query(`alter table audit_log.${name} enable always trigger ${tgname}`)
      }
    }
    await client.query('commit')
  } finally {
    client.release()
  }
}

/** Rewrites an entry, its leaf, every tile and every checkpoint, and signs them with the log's own key. */
async function rewriteAndSign({ admin, key }: SequencedLog, leafIndex: number): Promise<void> {
  const signer = await createSigner(key.signerKey)
  await unguarded(admin, async (client) => {
    await client.query(`update audit_log.leaf set entry_hash = sha256('another history') where leaf_index = $1`, [
      leafIndex,
    ])
    const { rows } = await client.query<{ hash: Buffer }>(
      `select entry_hash as hash from audit_log.leaf order by leaf_index`,
    )
    const hashes = hashLeaves(new Uint8Array(Buffer.concat(rows.map(({ hash }) => hash))))
    for (const { level, index, data, rootHash } of new RightEdge().append(hashes)) {
      await client.query(`update audit_log.tile set hashes = $3, root_hash = $4 where level = $1 and tile_index = $2`, [
        level,
        index,
        Buffer.from(data),
        Buffer.from(rootHash),
      ])
    }
    const checkpoints = await client.query<{ size: number }>(
      `select tree_size::integer as size from audit_log.checkpoint order by tree_size`,
    )
    for (const { size } of checkpoints.rows) {
      const range = new CompactRange()
      range.append(hashes.subarray(0, size * 32))
      const text = formatCheckpoint({ origin: signer.name, size, rootHash: range.root(), extensions: [] })
      await client.query(`update audit_log.checkpoint set root_hash = $2, note = $3 where tree_size = $1`, [
        size,
        Buffer.from(range.root()),
        await signNote(text, [signer]),
      ])
    }
  })
}

/** Puts all tables of evidence back to what they were when the tree was smaller: as a restored backup would. */
async function putBack({ admin }: SequencedLog, size: number): Promise<void> {
  await unguarded(admin, async (client) => {
    await client.query(
      `delete from audit_log.entry where exists (select from audit_log.leaf where leaf.seq = entry.seq and leaf_index >= $1)`,
      [size],
    )
    await client.query(`delete from audit_log.leaf where leaf_index >= $1`, [size])
    await client.query(`delete from audit_log.tile where (tile_index + 1) * 256 ^ (level + 1) > $1`, [size])
    for (const name of ['checkpoint', 'cosignature', 'publication']) {
      await client.query(`delete from audit_log.${name} where tree_size > $1`, [size])
    }
    await client.query(`update audit_log.sequencer_state set tree_size = $1`, [size])
  })
}

describe('a sequencer that takes over', () => {
  it('signs nothing when the log was put back to an earlier state, until what is kept elsewhere allows it', async () => {
    const log = await sequencedLog()
    const { kept, publisher } = keepElsewhere()
    const first = await log.sequencer({ publishers: [publisher] })
    await log.write(300)
    await first.run()
    await log.write(20)
    await first.run()
    await first.stop()
    await putBack(log, 300)
    await log.write(5)
    const second = await log.sequencer({ publishers: [publisher] })
    await expect(second.run()).rejects.toMatchObject({ code: 'log_rolled_back' })
    await expect(second.run()).rejects.toMatchObject({ code: 'log_rolled_back' })
    expect(second.status()).toMatchObject({ state: 'halted', reason: { code: 'log_rolled_back' } })
    expect(await second.backlog()).toMatchObject({ entries: 5, heldBy: { kind: 'halted' } })
    expect(await takeCensus(log.admin, log.key.verifierKey)).toMatchObject({ leaves: 300, checkpointSize: 300 })
    expect(kept).toHaveLength(2)
    await second.stop()

    // Somebody has looked at it.
    kept.pop()
    const sequencer = await log.sequencer({ publishers: [publisher] })
    await sequencer.run()
    await sequencer.stop()
    expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(305))
    expect((await readBacklog(log.admin)).heldBy).toBeUndefined()
  })

  it('signs nothing when the log was rewritten and every checkpoint signed anew with the stolen key', async () => {
    const log = await sequencedLog()
    const { kept, publisher } = keepElsewhere()
    const honest = await log.sequencer({ publishers: [publisher] })
    await log.write(300)
    await honest.run()
    await honest.stop()
    await rewriteAndSign(log, 7)
    await log.write(3)
    const sequencer = await log.sequencer({ publishers: [publisher] })
    await expect(sequencer.run()).rejects.toMatchObject({ code: 'log_forked' })
    expect(sequencer.status()).toMatchObject({ state: 'halted' })
    expect(kept).toHaveLength(1)
    await sequencer.stop()
  })

  it('signs nothing while a publisher does not give back what it holds', async () => {
    const down = functionPublisher(
      'down',
      () => Promise.resolve(),
      () => Promise.reject(new Error('no route to host')),
    )
    const log = await sequencedLog()
    await log.write(1)
    const sequencer = await log.sequencer({ publishers: [down] })
    await expect(sequencer.run()).rejects.toMatchObject({ code: 'publisher_failed' })
    expect(sequencer.status()).toMatchObject({ state: 'failing', reason: { code: 'publisher_failed' } })
    await sequencer.stop()
  })

  it('signs nothing over leaves or tiles that were edited', async () => {
    const other = await sequencedLog()
    const first = await other.sequencer()
    await other.write(600)
    await first.run()
    await first.stop()
    await unguarded(other.admin, (client) =>
      client.query(`update audit_log.leaf set entry_hash = sha256('edited') where leaf_index = 590`),
    )
    await other.write(1)
    const second = await other.sequencer()
    await expect(second.run()).rejects.toMatchObject({ code: 'tree_damaged' })
    await second.stop()
  })
})

describe('a process in standby', () => {
  it('reads back what the other one published before it takes over', async () => {
    const shared = await sequencedLog()
    const notes: string[] = []
    const place = functionPublisher(
      'shared',
      ({ note }) => Promise.resolve(void notes.push(note)),
      () => Promise.resolve(notes.at(-1)),
    )
    const [active, standby] = [
      await shared.sequencer({ publishers: [place] }),
      await shared.sequencer({ publishers: [place] }),
    ]
    // It has been at work itself, and remembers the tree of that time, which is what the log is put back to.
    await shared.write(10)
    await standby.run()
    await standby.stop()
    await active.run()
    await standby.run()
    expect(standby.status().state).toBe('standby')
    await shared.write(10)
    await active.run()
    await active.stop()
    await putBack(shared, 10)
    await expect(standby.run()).rejects.toMatchObject({ code: 'log_rolled_back' })
    await standby.stop()
  })
})

describe('a witness', () => {
  it('refuses a log that was rewritten and signed with the stolen key, where nothing else can', async () => {
    const attacked = await sequencedLog()
    const { outcomes, witness } = startWitness(attacked.key)
    const honest = await attacked.sequencer({ witnesses: [witness] })
    await attacked.write(300)
    await honest.run()
    await honest.stop()
    const { rows } = await attacked.admin.query<{ line: string }>(`select line from audit_log.cosignature`)
    expect(rows).toEqual([{ line: expect.stringMatching(/^— soc\.example\/witness /) }])

    await rewriteAndSign(attacked, 7)
    await attacked.write(1)
    // No publisher, and everything in the database fits together: the sequencer of the attacker signs.
    const told: SequencerStatus[] = []
    const forging = await attacked.sequencer({
      witnesses: [witness],
      onStateChange: (status) => void told.push(status),
    })
    await forging.run()
    expect(forging.status()).toMatchObject({
      state: 'active',
      checkpointSize: 301,
      witnesses: [{ size: 0, failure: expect.stringContaining('does not continue'), code: 'witness_refused' }],
    })
    expect(told.map(({ witnesses }) => witnesses[0]?.code)).toEqual([undefined, 'witness_refused'])
    expect(outcomes).toEqual(['cosigned', 'forked'])
    await forging.stop()
  })
})

describe('publishers', () => {
  it.each([
    [0, [false, true]],
    [10_000, [true]],
  ])('wait for witnesses for %i ms, and what comes later is published again', async (cosignWaitMs, expected) => {
    const waiting = await sequencedLog()
    const { witness } = startWitness(waiting.key)
    const notes: string[] = []
    const slow: Witness = {
      name: 'slow',
      cosign: async (request, signal) => {
        // Later than what does not wait for it; as for what does, later than that would take.
        if (cosignWaitMs === 0) await until(() => notes.length > 0)
        else await sleep(300)
        return witness.cosign(request, signal)
      },
    }
    const keeping = functionPublisher('keeping', ({ note }) => Promise.resolve(void notes.push(note)))
    const hanging = functionPublisher('hanging', () => new Promise<void>(() => undefined))
    const sequencer = await waiting.sequencer({
      witnesses: [slow],
      publishers: [keeping, hanging],
      cosignWaitMs,
      deliveryTimeoutMs: 2000,
    })
    await waiting.write(1)
    await sequencer.run()
    await sequencer.stop()
    expect(notes.map((note) => note.includes('soc.example/witness'))).toEqual(expected)
    expect(sequencer.status().publishers.map(({ code }) => code)).toEqual([undefined, 'timeout'])
  })
})

describe('an entry that was put in behind the back of the sequencer', () => {
  it('is found, gets its leaf with a record of why, and raises the alarm until then', async () => {
    const forged = await sequencedLog()
    const first = await forged.sequencer()
    await forged.write(3)
    await first.run()
    await first.stop()
    // With transaction ids of long ago and of the far future.
    await unguarded(forged.admin, (client) =>
      client.query(`
        insert into audit_log.entry (seq, id, timestamp, action, recorded_by, entry_hash, xid)
        select 1000 + n, gen_random_uuid(), clock_timestamp() - interval '1 minute', 'forged', 'x', sha256('x'), xid
        from unnest(array['3', '99999999']::xid8[]) with ordinality as forged (xid, n)`),
    )
    const pass = fastForward()
    const alarms: unknown[] = []
    const second = await forged.sequencer({
      intervalMs: 20,
      alarmAfterMs: 1000,
      onBacklog: (backlog) => alarms.push(backlog.heldBy?.kind),
    })
    // At work before its watch looks for the first time.
    await second.run()
    second.start()
    await forged.write(2)
    await until(async () => (await takeCensus(forged.admin, forged.key.verifierKey)).checkpointSize >= 5)
    expect((await findUnsequenced(forged.admin)).map(({ seq }) => seq)).toEqual([1001, 1002])
    await until(() => alarms.length > 0)
    // A day later it looks for them.
    pass(86_400_000)
    await until(() => second.status().treeSize === 7)
    await second.stop()
    expect(alarms).toEqual(['passed_over'])
    expect(await findUnsequenced(forged.admin)).toEqual([])
    expect(await takeCensus(forged.admin, forged.key.verifierKey)).toEqual(inOrder(7))
    expect((await forged.admin.query(`select count(*) from audit_log.leaf_anomaly`)).rows).toEqual([{ count: '2' }])
  })
})

describe('the backlog', () => {
  it('names the oldest entry, its age and what holds it, and the transactions that are still open', async () => {
    const watched = await sequencedLog()
    await watched.write(3)
    expect(await readBacklog(watched.appPool)).toMatchObject({
      entries: 3,
      oldest: { seq: 1, ageMs: expect.any(Number) },
      heldBy: { kind: 'no_sequencer', explanation: expect.stringContaining('none has been seen') },
    })
    const writer = await watched.connect(watched.app.url)
    await writer.query('begin')
    await writer.query(`insert into audit_log.entry (action) values ('still.open')`)
    const preparing = await watched.connect(watched.app.url)
    await preparing.query('begin')
    await preparing.query(`insert into audit_log.entry (action) values ('prepared')`)
    await preparing.query(`prepare transaction 'gid_${watched.app.name}'`)
    const { uncommitted } = await readBacklog(watched.admin)
    expect(uncommitted).toEqual(
      expect.arrayContaining([
        { pid: expect.any(Number), prepared: undefined, ageMs: expect.any(Number) },
        { pid: undefined, prepared: `gid_${watched.app.name}`, ageMs: expect.any(Number) },
      ]),
    )
    const sequencer = await watched.sequencer()
    await sequencer.run()
    expect(await sequencer.backlog()).toMatchObject({ entries: 0, oldest: undefined, heldBy: undefined })
    await preparing.query(`rollback prepared 'gid_${watched.app.name}'`)
    await writer.query('commit')
    expect(await sequencer.backlog()).toMatchObject({ entries: 1, oldest: { seq: 4 }, uncommitted: [] })
    await sequencer.stop()
    expect((await readBacklog(watched.appPool)).heldBy).toEqual({
      kind: 'no_sequencer',
      explanation: 'no sequencer is at work; the last one was stopped in an orderly way',
    })
  })

  it('is not held by a sequencer that was lost before the clock of the database was set back', async () => {
    const log = await sequencedLog()
    await log.write(3)
    await log.admin.query(
      `update audit_log.sequencer_state set leader = 'lost', lease_until = clock_timestamp() + interval '1 hour'`,
    )
    expect((await readBacklog(log.appPool)).heldBy).toMatchObject({ kind: 'no_sequencer' })
    const next = await log.sequencer()
    await next.run()
    expect(await takeCensus(log.admin, log.key.verifierKey)).toEqual(inOrder(3))
    // Its own lease is given anew when the clock has gone back under it.
    await log.admin.query(`update audit_log.sequencer_state set lease_until = clock_timestamp() + interval '1 hour'`)
    await next.run()
    const { rows } = await log.admin.query(
      `select leader <> 'lost' and lease_until < clock_timestamp() + interval '1 minute' as renewed from audit_log.sequencer_state`,
    )
    expect(rows).toEqual([{ renewed: true }])
    await next.stop()
  })
})
