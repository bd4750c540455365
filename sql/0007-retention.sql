-- How long entries are kept, and how old ones can go at all. docs/retention.md says who may do what and why.
--
-- Nothing deletes an entry. What expires are whole months, and a month goes when its partition is dropped by purge_month(),
-- which only the archivist role may call: after the retention, covered by a checkpoint, archived, and not under legal hold.
-- Leaves, tiles and checkpoints stay, so that everything that remains verifies. Each step is an entry of the log itself.

create table :"schema".retention_policy (
  keep_days integer primary key,
  reason text not null,
  decided_at timestamptz not null default clock_timestamp(),
  decided_by text not null default session_user,
  -- A year at least: what PCI DSS 10.5.1 asks for. A hundred at most: a slip of the finger cannot be taken back.
  constraint keep_days_is_sensible check (keep_days between 365 and 36525)
);
comment on table :"schema".retention_policy is 'The retention, in days: the largest row counts, so it can only grow.';
insert into :"schema".retention_policy (keep_days, reason) values (365, 'installation');

create table :"schema".legal_hold (
  hold_id uuid primary key default gen_random_uuid(),
  tenant_id text collate "C",
  user_id text collate "C",
  target text collate "C",
  since timestamptz,
  until timestamptz,
  reason text not null,
  approved_by text not null,
  placed_at timestamptz not null default clock_timestamp(),
  placed_by text not null default session_user,
  -- A hold that holds nothing would only look like one.
  constraint range_is_not_empty check (since < until)
);
comment on table :"schema".legal_hold is 'Entries that must not be purged. What is null is not asked for: a hold of nulls alone holds everything.';

create table :"schema".legal_hold_release (
  hold_id uuid primary key,
  reason text not null,
  approved_by text not null,
  released_at timestamptz not null default clock_timestamp(),
  released_by text not null default session_user
);
comment on table :"schema".legal_hold_release is 'Holds that are over.';

create table :"schema".purge_clearance (
  partition text not null,
  lower_bound timestamptz not null,
  upper_bound timestamptz not null,
  entries bigint not null,
  tree_size bigint not null,
  root_hash bytea not null,
  -- Ranges [begin, end) of leaf indexes; null when they are too many to be told.
  leaves json,
  cleared_at timestamptz not null default clock_timestamp(),
  cleared_by text not null default session_user,
  primary key (partition, cleared_at)
);
comment on table :"schema".purge_clearance is 'Months of which every entry was found covered by a checkpoint for which there is an archive.';

create table :"schema".purge (
  partition text primary key,
  lower_bound timestamptz not null,
  upper_bound timestamptz not null,
  entries bigint not null,
  tree_size bigint not null,
  root_hash bytea not null,
  purged_at timestamptz not null default clock_timestamp(),
  purged_by text not null default session_user,
  xid xid8 not null default pg_current_xact_id()
);
comment on table :"schema".purge is 'Months that were dropped, and the checkpoint whose archive has their entries.';

create function :"schema".is_purging(target text) returns boolean
  language sql stable
  -- Numbers of transactions start again in another cluster, times do not.
  return exists (
    select from :"schema".purge
    where target = 'audit_log:' || purge.partition and purge.xid = pg_current_xact_id_if_assigned()
      and purge.purged_at >= transaction_timestamp());
comment on function :"schema".is_purging(text) is 'Whether this transaction purges the month that an entry is about.';
revoke execute on function :"schema".is_purging(text) from public;

select :"schema".guard(format('%I.%I', :'schema', name)::regclass)
from unnest(array['retention_policy', 'legal_hold', 'legal_hold_release', 'purge_clearance', 'purge']) as name;

-- What everybody who calls one of the functions below gets for a refusal, with a SQLSTATE of its own.
create function :"schema".refuse(state text, why text) returns void
  language plpgsql
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
begin
  raise exception '%', why using errcode = state;
end
$function$;
comment on function :"schema".refuse(text, text) is 'Raises one of WO020 to WO026, WO031 and WO032.';

create function :"schema".keep_days() returns integer
  language sql stable parallel safe
  return (select max(keep_days) from :"schema".retention_policy);
comment on function :"schema".keep_days() is 'How many days entries are kept at least.';

create function :"schema".extend_retention(keep_days integer, reason text, acting_user text default null, source_ip inet default null) returns void
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  before constant integer := :"schema".keep_days();
begin
  if keep_days is null or keep_days <= before or keep_days > 36525 then
    perform :"schema".refuse('WO020', format('retention can only grow: it is %s days, and at most 36525', before));
  elsif nullif(reason, '') is null then
    perform :"schema".refuse('WO026', 'a reason is needed');
  end if;
  insert into :"schema".retention_policy (keep_days, reason) values (extend_retention.keep_days, left(extend_retention.reason, 1024));
  insert into :"schema".entry (user_id, source_ip, action, target, details)
  values (acting_user, extend_retention.source_ip, 'audit_log.retention.extended', 'audit_log:retention',
    json_build_object('before_days', before, 'after_days', extend_retention.keep_days, 'reason', extend_retention.reason));
end
$function$;
comment on function :"schema".extend_retention(integer, text, text, inet) is 'Lengthens the retention. It can never be shortened.';

create function :"schema".place_legal_hold(
  reason text, approved_by text, tenant_id text default null, user_id text default null, target text default null,
  since timestamptz default null, until timestamptz default null, acting_user text default null, source_ip inet default null
) returns uuid
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  made uuid;
begin
  if nullif(reason, '') is null or nullif(approved_by, '') is null then
    perform :"schema".refuse('WO026', 'a reason and somebody who approved are needed');
  elsif since >= until then
    perform :"schema".refuse('WO026', 'the time range is empty');
  end if;
  insert into :"schema".legal_hold as hold (tenant_id, user_id, target, since, until, reason, approved_by)
  values (place_legal_hold.tenant_id, place_legal_hold.user_id, place_legal_hold.target, place_legal_hold.since, place_legal_hold.until,
    place_legal_hold.reason, place_legal_hold.approved_by)
  returning hold.hold_id into made;
  insert into :"schema".entry (user_id, source_ip, action, target, details)
  values (acting_user, place_legal_hold.source_ip, 'audit_log.legal_hold.placed', 'legal_hold:' || made, json_build_object(
    'reason', reason, 'approved_by', approved_by,
    'tenant_id', place_legal_hold.tenant_id, 'user_id', place_legal_hold.user_id, 'target', place_legal_hold.target,
    'since', :"schema".format_time(since), 'until', :"schema".format_time(until)));
  return made;
end
$function$;
comment on function :"schema".place_legal_hold(text, text, text, text, text, timestamptz, timestamptz, text, inet) is 'Keeps entries from being purged: those that have everything that is given.';

create function :"schema".release_legal_hold(hold_id uuid, reason text, approved_by text, acting_user text default null) returns void
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
begin
  if nullif(reason, '') is null or nullif(approved_by, '') is null then
    perform :"schema".refuse('WO026', 'a reason and somebody who approved are needed');
  elsif not exists (select from :"schema".legal_hold as hold where hold.hold_id = release_legal_hold.hold_id) then
    perform :"schema".refuse('WO026', 'there is no such legal hold');
  end if;
  insert into :"schema".legal_hold_release as release (hold_id, reason, approved_by)
  values (release_legal_hold.hold_id, release_legal_hold.reason, release_legal_hold.approved_by)
  on conflict do nothing;
  if not found then
    return;                -- released before
  end if;
  insert into :"schema".entry (user_id, action, target, details)
  values (acting_user, 'audit_log.legal_hold.released', 'legal_hold:' || release_legal_hold.hold_id,
    json_build_object('reason', reason, 'approved_by', approved_by));
end
$function$;
comment on function :"schema".release_legal_hold(uuid, text, text, text) is 'Ends a legal hold.';

create function :"schema".month_expiry(month date, keep_days integer) returns timestamptz
  language sql immutable parallel safe
  -- A year with a 29 February is a day longer than 365 days.
  return greatest(
    date_trunc('month', month::timestamp) + interval '1 month' + make_interval(days => keep_days),
    date_trunc('month', month::timestamp) + interval '1 month' + interval '1 year') at time zone 'UTC';
comment on function :"schema".month_expiry(date, integer) is 'From when on a month may be purged, under a retention.';

-- The partition of a month that has expired. Raises WO020 when it has not, WO023 when there is no such month.
create function :"schema".expired_partition(month date) returns regclass
  language plpgsql
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  partition constant regclass := to_regclass(format('%I.%I', :'schema', 'entry_' || to_char(month, 'YYYY_MM')));
begin
  if partition is null or not exists (
      select from pg_inherits where inhrelid = partition and inhparent = format('%I.entry', :'schema')::regclass) then
    perform :"schema".refuse('WO023', format('there is no partition of the month %s', to_char(month, 'YYYY-MM')));
  elsif :"schema".month_expiry(month, :"schema".keep_days()) > clock_timestamp() then
    perform :"schema".refuse('WO020', format('the month %s is younger than the retention of %s days', to_char(month, 'YYYY-MM'), :"schema".keep_days()));
  end if;
  return partition;
end
$function$;
comment on function :"schema".expired_partition(date) is 'The partition of a month, if its entries are older than the retention.';

-- Raises WO022 when a legal hold is in force that has entries in this partition. Reads entries only for holds whose time
-- range meets the month.
create function :"schema".refuse_held(partition regclass, month date) returns void
  language plpgsql
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  hold record;
  held boolean;
begin
  for hold in
    select * from :"schema".legal_hold as placed
    where not exists (select from :"schema".legal_hold_release as release where release.hold_id = placed.hold_id)
      and coalesce(placed.since, '-infinity') < date_trunc('month', month::timestamptz) + interval '1 month'
      and coalesce(placed.until, 'infinity') > date_trunc('month', month::timestamptz)
    order by placed_at
  loop
    execute format('select exists (select from %s where ($1 is null or tenant_id = $1) and ($2 is null or user_id = $2)
        and ($3 is null or target = $3) and ($4 is null or timestamp >= $4) and ($5 is null or timestamp < $5))', partition)
      into held using hold.tenant_id, hold.user_id, hold.target, hold.since, hold.until;
    if held then
      perform :"schema".refuse('WO022', format('the month %s is under legal hold %s', to_char(month, 'YYYY-MM'), hold.hold_id));
    end if;
  end loop;
end
$function$;
comment on function :"schema".refuse_held(regclass, date) is 'Refuses to go on when entries of a month are under legal hold.';

-- The slow half of a purge, which locks nothing: looks at every entry of the month once.
create function :"schema".clear_month(month date, tree_size bigint, root_hash text) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
  -- For its join and its sort, which go over all entries of the month.
  set work_mem = '64MB'
as $function$
declare
  partition constant regclass := :"schema".expired_partition(month);
  found_entries bigint;
  uncovered bigint;
  leaves json;
begin
  if not exists (select from :"schema".checkpoint where checkpoint.tree_size = clear_month.tree_size
      and checkpoint.root_hash = decode(clear_month.root_hash, 'hex')) then
    perform :"schema".refuse('WO024', 'the log has no checkpoint of that size and root hash');
  end if;
  -- A transaction that inserted into the month and has not ended could still commit an entry behind our back.
  if exists (select from pg_locks where relation = partition and mode = 'RowExclusiveLock'
      and database = (select oid from pg_database where datname = current_database())) then
    perform :"schema".refuse('WO025', 'a transaction that wrote into the month has not ended');
  end if;
  perform :"schema".refuse_held(partition, month);
  -- Late commits at the turn of a month lie between leaves of the next one, so there can be several ranges.
  execute format('with found as (
      select leaf.leaf_index, coalesce(leaf.leaf_index >= $1 or leaf.entry_hash <> entry.entry_hash, true) as uncovered
      from %s as entry left join %I.leaf on leaf.seq = entry.seq and leaf.timestamp = entry.timestamp
    ), numbered as (
      select leaf_index, uncovered, leaf_index - row_number() over (order by leaf_index) as range from found
    ), ranges as (
      select min(leaf_index) as first, max(leaf_index) as last, count(*) as entries, count(*) filter (where uncovered) as uncovered
      from numbered group by range
    )
    select coalesce(sum(entries), 0), coalesce(sum(uncovered), 0),
      case when count(*) <= 500 then json_agg(json_build_array(first, last + 1) order by first) end
    from ranges', partition, :'schema')
    into found_entries, uncovered, leaves using clear_month.tree_size;
  if uncovered > 0 then
    perform :"schema".refuse('WO024', format('%s entries of the month are not covered by that checkpoint', uncovered));
  end if;
  insert into :"schema".purge_clearance (partition, lower_bound, upper_bound, entries, tree_size, root_hash, leaves)
  values ('entry_' || to_char(month, 'YYYY_MM'), date_trunc('month', month::timestamptz),
    date_trunc('month', month::timestamptz) + interval '1 month', found_entries, clear_month.tree_size,
    decode(clear_month.root_hash, 'hex'), leaves);
  insert into :"schema".entry (action, target, details)
  values ('audit_log.cleared', 'audit_log:entry_' || to_char(month, 'YYYY_MM'), json_build_object(
    'entries', found_entries, 'tree_size', clear_month.tree_size, 'root_hash', clear_month.root_hash));
  return found_entries;
end
$function$;
comment on function :"schema".clear_month(date, bigint, text) is 'Records that every entry of an expired month is covered by a checkpoint for which there is a verified archive; returns how many entries.';

-- The fast half, whose time does not depend on how many entries there are. It waits 200 ms for its locks and then gives up,
-- so that no writer waits longer for it.
create function :"schema".purge_month(month date, acting_user text default null) returns bigint
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
  set lock_timeout = '200ms'
as $function$
declare
  partition constant regclass := :"schema".expired_partition(month);
  clearance :"schema".purge_clearance;
begin
  select * into clearance from :"schema".purge_clearance
  where purge_clearance.partition = 'entry_' || to_char(month, 'YYYY_MM') order by cleared_at desc limit 1;
  if not found then
    perform :"schema".refuse('WO023', format('the month %s has not been cleared', to_char(month, 'YYYY-MM')));
  end if;
  perform :"schema".refuse_held(partition, month);
  insert into :"schema".purge (partition, lower_bound, upper_bound, entries, tree_size, root_hash)
  values (clearance.partition, clearance.lower_bound, clearance.upper_bound, clearance.entries, clearance.tree_size, clearance.root_hash);
  insert into :"schema".entry (user_id, action, target, details)
  values (acting_user, 'audit_log.purged', 'audit_log:' || clearance.partition, json_build_object(
    'since', :"schema".format_time(clearance.lower_bound), 'until', :"schema".format_time(clearance.upper_bound),
    'entries', clearance.entries, 'tree_size', clearance.tree_size, 'root_hash', encode(clearance.root_hash, 'hex'),
    'leaves', clearance.leaves));
  -- Last, because from here on writers wait.
  execute format('alter table %I.entry detach partition %s', :'schema', partition);
  execute format('drop table %s', partition);
  return clearance.entries;
end
$function$;
comment on function :"schema".purge_month(date, text) is 'Drops the partition of an expired month that has been cleared; returns how many entries it had.';

revoke execute on function
  :"schema".refuse(text, text), :"schema".keep_days(), :"schema".extend_retention(integer, text, text, inet),
  :"schema".place_legal_hold(text, text, text, text, text, timestamptz, timestamptz, text, inet),
  :"schema".release_legal_hold(uuid, text, text, text), :"schema".month_expiry(date, integer), :"schema".expired_partition(date), :"schema".refuse_held(regclass, date),
  :"schema".clear_month(date, bigint, text), :"schema".purge_month(date, text)
  from public;
grant select on :"schema".retention_policy, :"schema".legal_hold, :"schema".legal_hold_release, :"schema".purge_clearance, :"schema".purge
  to :"reader", :"archivist", :"sequencer";
grant execute on function :"schema".keep_days() to :"reader", :"archivist", :"sequencer", :"writer";
grant execute on function :"schema".month_expiry(date, integer) to :"reader", :"archivist";
-- Whatever keeps entries longer the application may do; whatever lets them go, only the archivist.
grant execute on function
  :"schema".extend_retention(integer, text, text, inet),
  :"schema".place_legal_hold(text, text, text, text, text, timestamptz, timestamptz, text, inet)
  to :"writer", :"archivist";
grant execute on function
  :"schema".release_legal_hold(uuid, text, text, text), :"schema".clear_month(date, bigint, text), :"schema".purge_month(date, text)
  to :"archivist";
