-- How far each forwarder has come, and what a receiver did not take. The forwarder runs in the sequencer role: it needs to
-- read the log, to move its own row, and to append to the dead letter, and nothing else may.

create table :"schema".forwarder (
  name text collate "C" primary key,
  -- Everything before this leaf is delivered or in the dead letter.
  next_leaf_index bigint not null,
  -- The newest checkpoint that was forwarded.
  checkpoint_size bigint not null,
  -- Grows when somebody moves the position: a process that is at work must not put its own back.
  generation bigint not null default 0,
  -- Whether somebody wants nothing to be sent.
  held boolean not null default false,
  leader text,
  lease_until timestamptz,
  delivered bigint not null default 0,
  dead_lettered bigint not null default 0,
  problem text,
  updated_at timestamptz not null default clock_timestamp(),
  -- Names stand in command lines and logs.
  constraint name_is_plain check (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$'),
  constraint next_leaf_index_is_a_position check (next_leaf_index between 0 and 9007199254740991),
  constraint checkpoint_size_is_a_size check (checkpoint_size between 0 and 9007199254740991)
);
comment on table :"schema".forwarder is 'One row for each forwarder: its position in leaf order, and which process is at it. It proves nothing: audit-log verify-copy does.';
comment on column :"schema".forwarder.problem is 'Code of what keeps it from sending; null when nothing does.';

create table :"schema".dead_letter (
  forwarder text collate "C" not null,
  -- The id of the entry or the notice, or leaf-N.
  item text collate "C" not null,
  first_leaf_index bigint,
  last_leaf_index bigint,
  kind text not null,
  code text not null,
  reason text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (forwarder, item),
  -- The kinds that docs/siem/README.md explains.
  constraint kind_is_known check (kind in ('rejected', 'quarantined', 'gone'))
);
comment on table :"schema".dead_letter is 'What a forwarder went past without delivering it, and why. Append-only.';

select :"schema".guard(format('%I.dead_letter', :'schema')::regclass);
revoke all on :"schema".forwarder from public;
revoke delete, truncate on :"schema".forwarder from current_user;

grant select on :"schema".forwarder, :"schema".dead_letter to :"reader", :"sequencer", :"archivist";
grant insert (name, next_leaf_index, checkpoint_size) on :"schema".forwarder to :"sequencer";
grant update (next_leaf_index, checkpoint_size, generation, held, leader, lease_until, delivered, dead_lettered, problem, updated_at)
  on :"schema".forwarder to :"sequencer";
grant insert (forwarder, item, first_leaf_index, last_leaf_index, kind, code, reason) on :"schema".dead_letter to :"sequencer";
