import { hash } from 'node:crypto'
import type pg from 'pg'
import { formatCheckpoint, hashLeaves, RightEdge, type Signer, signNote } from '@entraguard/audit-log/tlog'

const batch = 500_000

/**
 * Makes the tree of an empty log as large as that of one with so many entries, quickly: leaves, tiles and a signed checkpoint,
 * as a superuser who writes them past the sequencer. **There are no entries behind these leaves.**
 */
export async function fillTree(db: pg.Pool, schema: string, leaves: number, signer: Signer): Promise<void> {
  const edge = new RightEdge()
  for (let begin = 0; begin < leaves; begin += batch) {
    const end = Math.min(leaves, begin + batch)
    // The same hashes are made here and there.
    const inserted = db.query(
      `insert into ${schema}.leaf (leaf_index, seq, timestamp, entry_hash)
       select n, n + 1, date_trunc('month', now()), sha256(int8send(n)) from generate_series($1::bigint, $2::bigint - 1) as n`,
      [begin, end],
    )
    const hashes = Buffer.allocUnsafe((end - begin) * 32)
    const number = Buffer.alloc(8)
    for (let leaf = begin; leaf < end; leaf += 1) {
      number.writeBigInt64BE(BigInt(leaf))
      hashes.write(hash('sha256', number, 'binary'), (leaf - begin) * 32, 'binary')
    }
    const filled = edge.append(hashLeaves(hashes))
    for (let at = 0; at < filled.length; at += 500) {
      const tiles = filled.slice(at, at + 500)
      await db.query(
        `insert into ${schema}.tile (level, tile_index, hashes, root_hash) select * from unnest($1::smallint[], $2::bigint[], $3::bytea[], $4::bytea[])`,
        [
          tiles.map(({ level }) => level),
          tiles.map(({ index }) => index),
          tiles.map(({ data }) => Buffer.from(data)),
          tiles.map(({ rootHash }) => Buffer.from(rootHash)),
        ],
      )
    }
    await inserted
  }
  const [size, rootHash] = [edge.size, edge.root()]
  const note = await signNote(formatCheckpoint({ origin: signer.name, size, rootHash, extensions: [] }), [signer])
  await db.query(`insert into ${schema}.checkpoint (tree_size, root_hash, note) values ($1, $2, $3)`, [
    size,
    Buffer.from(rootHash),
    note,
  ])
  await db.query(`update ${schema}.sequencer_state set tree_size = $1`, [size])
  await db.query(`select setval('${schema}.entry_seq', $1)`, [leaves + 1])
  await db.query(`vacuum analyze ${schema}.leaf, ${schema}.tile`)
}
