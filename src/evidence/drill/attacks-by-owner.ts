import { type Attack, attacksOf } from './attack.ts'
import { guarded, off, on, rehash } from './tamper.ts'

/** What the owner of the schema could do: a DBA without superuser rights, or an application that logs in as the owner. */
export const ownerAttacks: readonly Attack[] = attacksOf('owner', {
  delete: [
    'deletes an entry, guards on',
    `grant delete on {s}.entry to {owner}; delete from {s}.entry where seq = {seq}`,
  ],
  'delete-with-triggers-off': [
    'switches the guards off, deletes an entry, and switches them on again, in one transaction',
    guarded('delete from {s}.entry where seq = {seq}'),
  ],
  edit: [
    'edits an entry, guards off for a moment',
    guarded(`update {s}.entry set user_id = 'somebody else' where seq = {seq}`),
  ],
  'edit-details': [
    'replaces the details of an entry',
    guarded(`update {s}.entry set details = '{"edited":true}' where seq = {seq}`),
  ],
  'edit-microsecond': [
    'moves an entry by a microsecond',
    guarded(`update {s}.entry set timestamp = timestamp + interval '1 microsecond' where seq = {seq}`),
  ],
  'edit-and-rehash': [
    'edits an entry and its hash',
    guarded(`update {s}.entry set user_id = 'somebody else' where seq = {seq}; ${rehash}`),
  ],
  'edit-and-leaf': [
    'edits an entry, its hash and its leaf',
    guarded(`update {s}.entry set user_id = 'somebody else' where seq = {seq}; ${rehash};
      update {s}.leaf set entry_hash = entry.entry_hash from {s}.entry where entry.seq = leaf.seq and leaf.seq = {seq}`),
  ],
  'edit-leaf': ['edits a leaf', guarded(`update {s}.leaf set entry_hash = sha256('x') where leaf_index = 1`)],
  'swap-leaves': [
    'exchanges two entries in the order of the log',
    guarded(`update {s}.leaf set seq = -seq where leaf_index in (1, 2);
      update {s}.leaf set seq = other.seq, timestamp = other.timestamp, entry_hash = other.entry_hash
        from (select leaf_index, -seq as seq, timestamp, entry_hash from {s}.leaf where leaf_index in (1, 2)) as other
        where leaf.leaf_index in (1, 2) and other.leaf_index = 3 - leaf.leaf_index`),
  ],
  'delete-with-leaf': [
    'deletes an entry and its leaf',
    guarded('delete from {s}.entry where seq = {seq}; delete from {s}.leaf where seq = {seq}'),
  ],
  'close-the-gap': [
    'deletes an entry and its leaf, and moves the later leaves up',
    guarded(`delete from {s}.entry where seq = {seq}; delete from {s}.leaf where seq = {seq};
      create temp table moved on commit drop as select row_number() over (order by leaf_index) - 1 as leaf_index, seq, timestamp, entry_hash from {s}.leaf;
      delete from {s}.leaf; insert into {s}.leaf select * from moved`),
  ],
  'cut-the-end': [
    'cuts off the end of the log: entries, leaves and the newest checkpoint',
    guarded(`delete from {s}.entry where seq in (select seq from {s}.leaf where leaf_index >= {older});
      delete from {s}.leaf where leaf_index >= {older}; delete from {s}.checkpoint where tree_size > {older};
      update {s}.sequencer_state set tree_size = {older}`),
  ],
  'delete-unsequenced': [
    'deletes an entry that has no leaf yet',
    guarded('delete from {s}.entry where seq = {unsequenced}'),
  ],
  forge: [
    'inserts an entry with a date and a login of its choice, rightly hashed',
    `insert into {s}.entry (seq, id, timestamp, action, recorded_by, xid, entry_hash)
       select nextval('{s}.entry_seq'), {s}.uuid_v7({s}.uuid_v7_time(now() - interval '2 years'))::uuid, now() - interval '2 years', 'drill.forged', 'somebody', '3', sha256('x');
     ${off}; ${rehash}; ${on}`,
  ],
  truncate: [
    'truncates a partition, its guard dropped and put back',
    `drop trigger refuse_change on {s}.{partition};
      grant truncate on {s}.{partition} to {owner}; truncate {s}.{partition}; revoke truncate on {s}.{partition} from {owner};
      create trigger refuse_change before update or delete or truncate on {s}.{partition} for each statement execute function {s}.refuse_change();
      alter table {s}.{partition} enable always trigger refuse_change`,
  ],
  'function-swap': [
    'swaps the body of the guard, deletes, and swaps it back',
    `create temp table was on commit drop as select pg_get_functiondef('{s}.refuse_change()'::regprocedure) as definition;
     create or replace function {s}.refuse_change() returns trigger language plpgsql as 'begin if tg_level = ''ROW'' then return old; end if; return null; end';
     grant delete on {s}.entry to {owner}; delete from {s}.entry where seq = {seq}; revoke delete on {s}.entry from {owner};
     do $$ begin execute (select definition from was); end $$`,
  ],
  'alter-type': [
    'rewrites a column of all rows with ALTER COLUMN TYPE, which fires no trigger',
    `alter table {s}.leaf alter column entry_hash type bytea using case when leaf_index = 1 then sha256('x') else entry_hash end`,
  ],
  'drop-guard': ['drops a guard', 'drop trigger refuse_change on {s}.leaf'],
  'guard-off': ['leaves a guard switched off', 'alter table {s}.leaf disable trigger refuse_change'],
  'not-always': [
    'makes the guards pass replicas by, as a careless restore does',
    'alter table {s}.leaf enable trigger all',
  ],
  'guard-body': [
    'leaves a guard without effect',
    `create or replace function {s}.refuse_change() returns trigger language plpgsql as 'begin return coalesce(new, old); end'`,
  ],
  swallow: [
    'swallows entries of one user',
    `create function {s}.swallow() returns trigger language plpgsql as 'begin if new.user_id = ''mallory'' then return null; end if; return new; end';
     create trigger swallow before insert on {s}.entry for each row execute function {s}.swallow()`,
  ],
  'blocking-constraint': [
    'makes entries of one user fail',
    `alter table {s}.entry add constraint mine check (user_id <> 'mallory') not valid`,
  ],
  'blocking-index': [
    'makes a second anomaly fail to be recorded',
    'create unique index mine on {s}.leaf_anomaly ((true))',
  ],
  rule: ['redirects writes with a rule', 'create rule mine as on insert to {s}.leaf do instead nothing'],
  'row-security': [
    'hides entries from readers with row security',
    `alter table {s}.entry enable row level security; create policy mine on {s}.entry for select using (user_id <> 'mallory')`,
  ],
  child: [
    'shows entries that are none, from a child table',
    `create table {s}.mine () inherits ({s}.leaf); insert into {s}.mine values (999999, 999999, now(), sha256('x'))`,
  ],
  unlogged: ['makes a table unlogged, to be empty after a crash', 'alter table {s}.leaf set unlogged'],
  grant: ['lets the writer edit', 'grant update, delete on {s}.entry to {writer}'],
  'open-function': ['lets everybody call a trigger function', 'grant execute on function {s}.stamp_entry() to public'],
  setval: [
    'turns the sequence back, so that a number comes twice',
    `grant update on sequence {s}.entry_seq to {owner}; select setval('{s}.entry_seq', 1);
      revoke update on sequence {s}.entry_seq from {owner}`,
  ],
  tile: [
    'edits a tile, so that proofs fail',
    guarded(
      `insert into {s}.tile (level, tile_index, hashes, root_hash) values (6, 0, decode(repeat('00', 8192), 'hex'), sha256('x'))`,
    ),
  ],
  'checkpoint-note': [
    'edits a checkpoint',
    guarded(`update {s}.checkpoint set note = replace(note, 'drill', 'drilL')`),
  ],
  'checkpoint-delete': [
    'deletes the newest checkpoint',
    guarded('delete from {s}.checkpoint where tree_size > {older}'),
  ],
  detach: ['takes a partition out of the log', 'alter table {s}.entry detach partition {s}.{partition}'],
  drop: ['drops a partition', 'drop table {s}.{partition}'],
})
