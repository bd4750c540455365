import type { Executor } from '../../database/database.ts'
import { type Attack, attacksOf } from './attack.ts'
import { block, fill, type Scratch, signTree } from './scratch.ts'
import { guarded, off, on, rehash } from './tamper.ts'

const followLeaves =
  'update {s}.leaf set entry_hash = entry.entry_hash from {s}.entry where entry.seq = leaf.seq and leaf.entry_hash <> entry.entry_hash'

/** What a superuser could do, or whoever has the server's files. The log's signing key is taken for stolen where it says so. */
export const superuserAttacks: readonly Attack[] = attacksOf('superuser', {
  replica: [
    'deletes as a replica, which ordinary triggers let pass',
    'set local session_replication_role = replica; delete from {s}.entry',
  ],
  delete: ['deletes an entry, guards on', 'delete from {s}.entry where seq = {seq}'],
  'catalog-flags': [
    'switches triggers off in the system catalog, deletes, and puts the catalog back',
    `create temp table was on commit drop as select oid, tgenabled from pg_trigger where tgrelid in (select oid from pg_class where relnamespace = '{s}'::regnamespace);
     set local allow_system_table_mods = on; update pg_trigger set tgenabled = 'D' where oid in (select oid from was);
     update pg_class set relhastriggers = true where relnamespace = '{s}'::regnamespace and relhastriggers;
     delete from {s}.entry where seq = {seq};
     update pg_trigger set tgenabled = was.tgenabled from was where was.oid = pg_trigger.oid;
     update pg_class set relhastriggers = true where relnamespace = '{s}'::regnamespace and relhastriggers; reset allow_system_table_mods`,
  ],
  rewrite: [
    'rewrites the whole log consistently - entries, hashes, leaves - and signs it with the stolen key',
    (scratch, executor) =>
      rewriteAndSign(
        scratch,
        executor,
        `update {s}.entry set user_id = 'somebody else' where seq = {seq}; ${rehash}; ${followLeaves}`,
      ),
  ],
  remove: [
    'removes an entry, closes the gap, and signs what is left with the stolen key',
    (scratch, executor) =>
      rewriteAndSign(
        scratch,
        executor,
        `delete from {s}.entry where seq = {seq}; delete from {s}.leaf where seq = {seq};
         create temp table moved on commit drop as select row_number() over (order by leaf_index) - 1 as leaf_index, seq, timestamp, entry_hash from {s}.leaf;
         delete from {s}.leaf; insert into {s}.leaf select * from moved`,
      ),
  ],
  reorder: [
    'puts the entries in another order and signs it with the stolen key',
    (scratch, executor) =>
      rewriteAndSign(
        scratch,
        executor,
        `create temp table moved on commit drop as select row_number() over (order by leaf_index desc) - 1 as leaf_index, seq, timestamp, entry_hash from {s}.leaf;
         delete from {s}.leaf; insert into {s}.leaf select * from moved`,
      ),
  ],
  'other-key': [
    'rewrites an entry and signs with a key of its own',
    (scratch, executor) =>
      rewriteAndSign(
        scratch,
        executor,
        `update {s}.entry set user_id = 'somebody else' where seq = {seq}; ${rehash}; ${followLeaves}`,
        true,
      ),
  ],
  rollback: [
    'puts the log back to an older copy of itself, checkpoint and sequence included',
    guarded(`delete from {s}.entry where seq in (select seq from {s}.leaf where leaf_index >= {older}) or seq = {unsequenced};
      delete from {s}.leaf where leaf_index >= {older}; delete from {s}.checkpoint where tree_size > {older};
      update {s}.sequencer_state set tree_size = {older}; select setval('{s}.entry_seq', (select max(seq) from {s}.entry))`),
  ],
  'delete-unsequenced': [
    'deletes an entry that has no leaf yet, and turns the sequence back',
    guarded(
      `delete from {s}.entry where seq = {unsequenced}; select setval('{s}.entry_seq', (select max(seq) from {s}.entry))`,
    ),
  ],
  restore: [
    'restores the data alone into an installed schema, which dates, numbers and hashes every entry anew',
    `create temp table dump on commit drop as select * from {s}.entry; ${off}; delete from {s}.entry; ${on};
     insert into {s}.entry (tenant_id, user_id, action, target, source_ip, outcome, details) select tenant_id, user_id, action, target, source_ip, outcome, details from dump`,
  ],
  'replace-hash': [
    'replaces the built-in SHA-256',
    `create or replace function pg_catalog.sha256(bytea) returns bytea language sql immutable parallel safe as $$ select decode(repeat('00', 32), 'hex') $$;
     discard plans;
     insert into {s}.entry (action) values ('drill.written')`,
  ],
  'shadow-function': [
    'puts a function before a built-in one',
    `create function pg_catalog.to_json(text) returns json language sql immutable as $$ select '"forged"'::json $$`,
  ],
  'own-superuser': ['makes the application a superuser', 'alter role {writerLogin} superuser'],
  'login-as-replica': [
    'makes a login a replica whenever it logs in',
    'alter role {writerLogin} set session_replication_role = replica',
  ],
  'grant-owner': ['lets the application become the owner', 'grant {owner} to {writerLogin}'],
  owner: ['gives a table to the application', 'alter table {s}.leaf owner to {writerLogin}'],
  publication: ['publishes the log to a replica of its own', 'create publication audit_log_drill for table {s}.leaf'],
  'set-session': [
    'writes as the application: a well-formed lie',
    `set local session authorization {writerLogin}; insert into {s}.entry (action, user_id) values ('drill.lie', 'alice'); reset session authorization`,
  ],
  'never-written': [
    'takes an event back before it is committed',
    async (scratch, executor) => {
      await executor.run('savepoint lost')
      await executor.run(fill(scratch, `insert into {s}.entry (action) values ('drill.lost')`))
      await executor.run('rollback to savepoint lost')
    },
  ],
  read: ['reads the log', 'create temp table copy_of_the_log on commit drop as select * from {s}.entry'],
})

/** The whole tree and its checkpoints made anew over what the statements leave, with every guard back in its place. */
async function rewriteAndSign(
  scratch: Scratch,
  executor: Executor,
  statements: string,
  withOtherKey = false,
): Promise<void> {
  await executor.run(block(fill(scratch, `${off}; ${statements}; delete from {s}.tile; delete from {s}.checkpoint`)))
  const [row] = await executor.run(fill(scratch, 'select count(*)::integer as leaves from {s}.leaf'))
  const leaves = Number(row?.['leaves'])
  const signer = withOtherKey ? scratch.otherSigner : scratch.signer
  await signTree(executor, scratch.names.schema, signer, Math.min(scratch.olderSize, leaves))
  await signTree(executor, scratch.names.schema, signer, leaves)
  await executor.run(block(fill(scratch, `update {s}.sequencer_state set tree_size = ${leaves}; ${on}`)))
}
