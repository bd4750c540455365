-- The transparency log over the entries: which entry is which leaf, the tiles of the Merkle tree, and its signed heads.
-- All of it is append-only but the sequencer's own position. docs/evidence.md says what each of them proves.

create table :"schema".leaf (
  leaf_index bigint primary key,
  seq bigint not null,
  timestamp timestamptz not null,
  entry_hash bytea not null,
  -- Both, because a sequence that somebody set back gives a seq out twice, and each of the entries gets its leaf.
  unique (seq, timestamp),
  -- A leaf index is a position in a tree of at most 2^53-1 leaves.
  constraint leaf_index_is_a_position check (leaf_index between 0 and 9007199254740990),
  -- What is hashed into the tree is a SHA-256.
  constraint entry_hash_is_sha256 check (octet_length(entry_hash) = 32)
);
comment on table :"schema".leaf is 'Which entry is which leaf: 0, 1, 2, ... in the order in which the sequencer found them committed. A leaf is SHA-256(0x00 || entry_hash).';
comment on column :"schema".leaf.timestamp is 'The timestamp of the entry, to find its partition.';

create table :"schema".leaf_anomaly (
  leaf_index bigint primary key,
  reason text not null,
  -- The reasons that docs/evidence.md explains.
  constraint reason_is_known check (reason in ('hash_mismatch', 'not_canonical', 'passed_over'))
);
comment on table :"schema".leaf_anomaly is 'Entries that were not in order already when they were sequenced, and why.';

create table :"schema".tile (
  level smallint not null,
  tile_index bigint not null,
  hashes bytea not null,
  root_hash bytea not null,
  primary key (level, tile_index),
  -- Seven levels of 256 hold 2^53-1 leaves.
  constraint level_exists check (level between 0 and 6),
  constraint tile_index_is_a_position check (tile_index >= 0),
  -- Only full tiles are stored; a partial one follows from what is below it.
  constraint tile_is_full check (octet_length(hashes) = 8192),
  constraint root_hash_is_sha256 check (octet_length(root_hash) = 32)
);
alter table :"schema".tile alter column hashes set storage external;
comment on table :"schema".tile is 'The full tiles of the tree (c2sp.org/tlog-tiles): 256 hashes each, and the hash that they have together.';

create table :"schema".checkpoint (
  tree_size bigint primary key,
  root_hash bytea not null,
  note text not null,
  signed_at timestamptz not null default clock_timestamp(),
  constraint tree_size_is_a_size check (tree_size between 0 and 9007199254740991),
  constraint root_hash_is_sha256 check (octet_length(root_hash) = 32)
);
comment on table :"schema".checkpoint is 'Signed tree heads (c2sp.org/tlog-checkpoint), one for each size.';

create table :"schema".cosignature (
  tree_size bigint not null,
  line text not null,
  received_at timestamptz not null default clock_timestamp(),
  primary key (tree_size, line)
);
comment on table :"schema".cosignature is 'Signature lines that witnesses, or new keys of the log, added to a checkpoint (c2sp.org/tlog-cosignature).';

create table :"schema".publication (
  tree_size bigint not null,
  publisher text not null,
  published_at timestamptz not null default clock_timestamp(),
  primary key (tree_size, publisher)
);
comment on table :"schema".publication is 'Which checkpoint was handed to which publisher. Not every size: a publisher gets the newest one each time.';

-- The sequencer takes the entries that one snapshot of the database sees and the one before did not, so it waits for no open
-- transaction and misses no late one. It locks this row for a round, so that one works at a time; an advisory lock would not
-- do, because every login can hold one.
create table :"schema".sequencer_state (
  only_row boolean primary key default true,
  -- The database that the snapshots belong to. In another one, after a restore, they mean nothing.
  cluster text,
  -- Everything that this snapshot sees has its leaf.
  done pg_snapshot,
  -- The snapshot that is being worked off, and how far: null between rounds.
  working pg_snapshot,
  after_xid xid8,
  after_seq bigint,
  tree_size bigint not null default 0,
  leader text,
  lease_until timestamptz,
  -- The error code with which a sequencer has halted; null again when one is at work.
  halted text,
  constraint one_row check (only_row),
  constraint position_is_whole check ((working is null) = (after_xid is null) and (working is null) = (after_seq is null))
);
comment on table :"schema".sequencer_state is 'How far the sequencer has come, and which process is at it. The only table of the log that is updated: it proves nothing.';
insert into :"schema".sequencer_state default values;

select :"schema".guard(format('%I.%I', :'schema', name)::regclass)
from unnest(array['leaf', 'leaf_anomaly', 'tile', 'checkpoint', 'cosignature', 'publication']) as name;
revoke all on :"schema".sequencer_state from public;
revoke delete, truncate on :"schema".sequencer_state from current_user;

grant select on :"schema".leaf, :"schema".leaf_anomaly, :"schema".tile, :"schema".checkpoint, :"schema".cosignature, :"schema".publication, :"schema".sequencer_state
  to :"reader", :"sequencer", :"archivist";
grant insert on :"schema".leaf, :"schema".leaf_anomaly, :"schema".tile to :"sequencer";
grant insert (tree_size, root_hash, note) on :"schema".checkpoint to :"sequencer";
grant insert (tree_size, line) on :"schema".cosignature to :"sequencer";
grant insert (tree_size, publisher) on :"schema".publication to :"sequencer";
grant update (cluster, done, working, after_xid, after_seq, tree_size, leader, lease_until, halted) on :"schema".sequencer_state to :"sequencer";

-- The sequence grants nothing to anybody, so whoever looks after the log asks this: one bit, and no number.
create function :"schema".sequence_is_behind() returns boolean
  language plpgsql stable security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
begin
  return (select last_value < coalesce(greatest((select max(seq) from :"schema".leaf),
      (select max(seq) from (select seq from :"schema".entry order by timestamp desc, seq desc limit 1000) as latest)), 0)
    from :"schema".entry_seq);
end
$function$;
comment on function :"schema".sequence_is_behind() is 'Whether the sequence stands below a number that an entry or a leaf has: it was set back.';
revoke execute on function :"schema".sequence_is_behind() from public;
grant execute on function :"schema".sequence_is_behind() to :"reader", :"sequencer", :"archivist";
