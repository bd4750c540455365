// What proofs cost beside the page that they are of: `npm run build && npx tsx bench/proofs.ts`, in logs of 10^4, 10^5 and
// 10^6 leaves. All but the newest 2,000 are leaves without entries, written as the owner with the guards off, because proofs and
// the newest page look at nothing else.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type pg from 'pg'
import { AuditLogger, Sequencer, verifyProof } from '@entraguard/audit-log'
import {
  createSigner,
  formatCheckpoint,
  generateKey,
  hashLeaves,
  RightEdge,
  type Signer,
  signNote,
  type TileData,
  trustLogs,
} from '@entraguard/audit-log/tlog'
import { median, sampleEvent, startBench } from './support.ts'

const rounds = 25
const pageEntries = 1000
const realEntries = 2000

for (const size of (process.argv[2] ?? '1e4,1e5,1e6').split(',').map(Number)) await measure(size)

async function measure(size: number): Promise<void> {
  const server = await startBench()
  try {
    const db = server.pool(1)
    const key = await generateKey('bench.example.com/audit')
    const signer = await createSigner(key.signerKey)
    await fillTree(db, size - realEntries, signer)
    const audit = new AuditLogger({ db })
    for (let made = 0; made < realEntries; made += 1000) {
      await audit.logMany(Array.from({ length: 1000 }, (_, index) => sampleEvent(made + index)))
    }
    await new Sequencer({ db, signers: [signer], verifierKeys: [key.verifierKey] }).run()
    const counting = countStatements(db)
    const { entries } = await audit.query().limit(pageEntries).page()
    const seqs = entries.map(({ seq }) => seq)
    const counted = new AuditLogger({ db: counting.db })
    const one = await counting.count(() => counted.proveEntry(seqs[7] ?? 0))
    const all = await counting.count(() => counted.proveEntries(seqs))
    const proof = await audit.proveEntry(seqs[7] ?? 0)
    const { verdict } = await verifyProof(proof, { policy: trustLogs([key.verifierKey]), entry: entries[7] })
    console.log(`\n${size} leaves (${verdict}), medians of ${rounds} rounds`)
    const cost = await compareCosts(db, {
      page: () => audit.query().limit(pageEntries).page(),
      proofs: () => audit.proveEntries(seqs),
      one: () => audit.proveEntry(seqs[7] ?? 0),
    })
    const ratio = (value: number): string => value.toFixed(2)
    console.log(
      `  page of 1,000: ${ratio(cost['page']?.ms ?? 0)} ms, ${ratio(cost['page']?.cpuMs ?? 0)} ms of CPU, client and server`,
    )
    for (const [name, { statements, rows }] of [
      ['one', one],
      ['proofs', all],
    ] as const) {
      const { ms = 0, cpuMs = 0 } = cost[name] ?? {}
      console.log(
        `  ${name}: ${ratio(ms / (cost['page']?.ms ?? 1))} x the page in time, ${ratio(cpuMs / (cost['page']?.cpuMs ?? 1))} x in CPU; ${statements} statements, ${rows} rows`,
      )
    }
    console.log(`  one proof has ${proof.length} bytes`)
  } finally {
    await server.stop()
  }
}

/** Leaves without entries, their tiles and a checkpoint. */
async function fillTree(db: pg.Pool, size: number, signer: Signer): Promise<void> {
  const tables = ['leaf', 'tile', 'checkpoint']
  for (const table of tables) await db.query(`alter table audit_log.${table} disable trigger all`)
  await db.query(
    `insert into audit_log.leaf (leaf_index, seq, timestamp, entry_hash)
     select index, 1000000000 + index, '2026-01-01', sha256(int8send(index)) from generate_series(0, $1::bigint - 1) as index`,
    [size],
  )
  const edge = new RightEdge()
  const number = Buffer.alloc(8)
  for (let base = 0; base < size; base += 65_536) {
    const hashes = Array.from({ length: Math.min(65_536, size - base) }, (_, place) => {
      number.writeBigInt64BE(BigInt(base + place))
      return createHash('sha256').update(number).digest()
    })
    const tiles: readonly (TileData & { rootHash: Uint8Array })[] = edge.append(hashLeaves(Buffer.concat(hashes)))
    for (const { level, index, data, rootHash } of tiles) {
      await db.query('insert into audit_log.tile (level, tile_index, hashes, root_hash) values ($1, $2, $3, $4)', [
        level,
        index,
        Buffer.from(data),
        Buffer.from(rootHash),
      ])
    }
  }
  const root = edge.root()
  const text = formatCheckpoint({ origin: signer.name, size, rootHash: root, extensions: [] })
  await db.query('insert into audit_log.checkpoint (tree_size, root_hash, note) values ($1, $2, $3)', [
    size,
    Buffer.from(root),
    await signNote(text, [signer]),
  ])
  await db.query('update audit_log.sequencer_state set tree_size = $1', [size])
  for (const table of tables) await db.query(`alter table audit_log.${table} enable trigger all`)
  // As autovacuum would have by then.
  await db.query('analyze audit_log.leaf, audit_log.tile')
}

function countStatements(db: pg.Pool): {
  readonly db: { query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }
  count(work: () => Promise<unknown>): Promise<{ statements: number; rows: number }>
} {
  let [statements, rows] = [0, 0]
  return {
    db: {
      async query(text, values) {
        const result = await db.query(text, values)
        statements += 1
        rows += result.rows.length
        return result
      },
    },
    async count(work) {
      statements = rows = 0
      await work()
      return { statements, rows }
    },
  }
}

interface Cost {
  readonly ms: number
  readonly cpuMs: number
}

/** The works in turn: time as median, CPU of this process and of the one backend as the mean, because the kernel counts in 10 ms. */
async function compareCosts(
  db: pg.Pool,
  works: Readonly<Record<string, () => Promise<unknown>>>,
): Promise<Record<string, Cost>> {
  const { rows } = await db.query<{ pid: number }>('select pg_backend_pid() as pid')
  const backend = (): number => {
    const fields = readFileSync(`/proc/${rows[0]?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  }
  const result: Record<string, Cost> = {}
  for (const [name, work] of Object.entries(works)) {
    for (let warm = 0; warm < 5; warm += 1) await work()
    const times: number[] = []
    const [own, others] = [process.cpuUsage(), backend()]
    for (let round = 0; round < rounds; round += 1) {
      const start = performance.now()
      await work()
      times.push(performance.now() - start)
    }
    const { user, system } = process.cpuUsage(own)
    result[name] = {
      ms: median(times.toSorted((a, b) => a - b)),
      cpuMs: ((user + system) / 1000 + backend() - others) / rounds,
    }
  }
  return result
}
