import { type Attack, attacksOf } from './attack.ts'

const insert = (column: string, value: string): string =>
  `insert into {s}.entry (action, ${column}) values ('drill.forged', ${value})`

/** What a login that only writes could try: a compromised application. */
export const writerAttacks: readonly Attack[] = attacksOf('writer', {
  update: ['edits an entry', `update {s}.entry set user_id = 'somebody else'`],
  delete: ['deletes an entry', 'delete from {s}.entry where seq = 1'],
  truncate: ['truncates the log', 'truncate {s}.entry'],
  'delete-in-partition': ['deletes in a partition', 'delete from {s}.entry_default'],
  merge: ['deletes with MERGE', 'merge into {s}.entry using (select 1) as one on true when matched then delete'],
  'on-conflict': [
    'edits with ON CONFLICT',
    `insert into {s}.entry (action) values ('drill.forged') on conflict (timestamp, seq) do update set action = 'drill.forged'`,
  ],
  'supply-seq': ['chooses the number of an entry', insert('seq', '1')],
  'supply-time': ['dates an entry back', insert('timestamp', `now() - interval '1 year'`)],
  'supply-login': ['writes under the name of somebody else', insert('recorded_by', `'somebody'`)],
  'supply-hash': ['supplies a hash', insert('entry_hash', `'\\x00'`)],
  overriding: [
    'overrides what the server gives',
    `insert into {s}.entry (action, seq) overriding system value values ('drill.forged', 1)`,
  ],
  setval: ['turns the sequence back', `select setval('{s}.entry_seq', 1)`],
  nextval: ['uses up numbers', `select nextval('{s}.entry_seq')`],
  leaf: [
    'writes a leaf',
    `insert into {s}.leaf (leaf_index, seq, timestamp, entry_hash) values (999999, 999999, now(), sha256('x'))`,
  ],
  checkpoint: [
    'writes a checkpoint',
    `insert into {s}.checkpoint (tree_size, root_hash, note) values (999999, sha256('x'), '')`,
  ],
  sequencer: ['turns the sequencer back', 'update {s}.sequencer_state set tree_size = 0'],
  'triggers-off': ['switches triggers off', 'alter table {s}.entry disable trigger all'],
  replica: ['acts as a replica', 'set local session_replication_role = replica; delete from {s}.entry'],
  'own-trigger': [
    'hangs a trigger on the log',
    'create trigger mine before insert on {s}.entry for each row execute function suppress_redundant_updates_trigger()',
  ],
  rule: ['puts a rule on the log', 'create rule mine as on insert to {s}.entry do instead nothing'],
  inherit: ['adds a child table', 'create temp table child () inherits ({s}.leaf)'],
  'foreign-key': [
    'blocks the log with a foreign key',
    'create temp table pointer (x bigint references {s}.leaf (seq))',
  ],
  'become-owner': ['becomes the owner', 'set local role {owner}'],
  'temporary-objects': [
    "runs code with the owner's rights, over temporary types and functions",
    `create function pg_temp.spy() returns boolean language plpgsql as $$
       begin perform set_config('audit_log_drill.spy', (current_user <> session_user)::text, true) where current_user <> session_user; return true; end $$;
     create domain pg_temp.text as pg_catalog.text check (pg_temp.spy());
     create domain pg_temp.json as pg_catalog.json check (pg_temp.spy());
     create domain pg_temp.bytea as pg_catalog.bytea check (pg_temp.spy());
     create function pg_temp.sha256(pg_catalog.bytea) returns pg_catalog.bytea language sql as 'select null::pg_catalog.bytea where pg_temp.spy()';
     create function pg_temp.to_json(pg_catalog.text) returns pg_catalog.json language sql as 'select null::pg_catalog.json where pg_temp.spy()';
     set local search_path = pg_temp, pg_catalog;
     insert into {s}.entry (action, details) values ('drill.temp', '{"b":1,"a":"x"}');
     select {s}.append_canonical('[{"action":"drill.temp"}]')`,
    `select coalesce(current_setting('audit_log_drill.spy', true), '') = 'true' as effective`,
  ],
  program: ['runs a program on the server', `copy (select 1) to program 'true'`],
  'lock-table': ['locks the table against everybody', 'lock table {s}.entry in access exclusive mode'],
})

/** What a login that only reads could try. */
export const readerAttacks: readonly Attack[] = attacksOf('reader', {
  insert: ['writes an entry', `insert into {s}.entry (action) values ('drill.forged')`],
  append: [
    'writes an entry with the function of the SDK',
    `select {s}.append_canonical('[{"action":"drill.forged"}]')`,
  ],
  update: ['edits an entry', `update {s}.entry set action = 'drill.forged'`],
  delete: ['deletes an entry', 'delete from {s}.entry'],
  lock: ['locks the table', 'lock table {s}.entry in share mode'],
  'lock-rows': ['locks entries', 'select seq from {s}.entry for update'],
  'lock-sequencer': ['locks the sequencer out', 'select tree_size from {s}.sequencer_state for update'],
  'become-writer': ['becomes a writer', 'set local role {writer}'],
  'read-file': ['reads a file of the server', `create temp table file (line text); copy file from '/etc/passwd'`],
})
