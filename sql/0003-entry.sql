-- The log itself. An entry is numbered, dated, identified and hashed here, whoever inserts it and in whatever language.

create sequence :"schema".entry_seq as bigint minvalue 1 maxvalue 9007199254740991 no cycle;
comment on sequence :"schema".entry_seq is 'Numbers entries in the order in which they were inserted. Gaps are legal: a rolled-back transaction leaves one.';

-- Columns in the order of docs/format.md. No check constraints: PostgreSQL prints the whole row when one fails, and sets
-- each of them up anew for every statement; entry_fault() holds the rules and their reasons.
create table :"schema".entry (
  version smallint not null default 1,
  seq bigint not null,
  id uuid not null,
  timestamp timestamptz not null default clock_timestamp(),
  tenant_id text collate "C",
  user_id text collate "C",
  action text collate "C" not null,
  target text collate "C",
  source_ip inet,
  outcome text collate "C" not null default 'success',
  details json not null default '{}',
  recorded_by text collate "C" not null,
  entry_hash bytea not null,
  xid xid8 not null,
  primary key (timestamp, seq)
) partition by range (timestamp);
comment on table :"schema".entry is 'The append-only audit log. One row is one entry; docs/format.md says how its hash is computed.';
comment on column :"schema".entry.version is 'Format of the hash preimage; 1.';
comment on column :"schema".entry.seq is 'Monotonic number given by the server, 1 .. 2^53-1. Gaps are legal, and a late commit may show a lower number later.';
comment on column :"schema".entry.id is 'UUID version 7 (RFC 9562) made by the server; its random bits salt the hash.';
comment on column :"schema".entry.timestamp is 'Server clock at the insert (clock_timestamp()), in microseconds.';
comment on column :"schema".entry.tenant_id is 'Tenant the event belongs to, at most 1,024 bytes.';
comment on column :"schema".entry.user_id is 'Who did it; null for the system itself. At most 1,024 bytes.';
comment on column :"schema".entry.action is 'What was done: lower case words joined by . _ or -, at most 255 bytes.';
comment on column :"schema".entry.target is 'What it was done to, at most 1,024 bytes.';
comment on column :"schema".entry.source_ip is 'Address of the client: one host, never the IPv4-mapped form.';
comment on column :"schema".entry.outcome is 'success, failure or denied.';
comment on column :"schema".entry.details is 'JSON object in canonical form (RFC 8785), kept verbatim, at most 64 KiB and 32 levels.';
comment on column :"schema".entry.recorded_by is 'Login that inserted the row (session_user).';
comment on column :"schema".entry.entry_hash is 'SHA-256 of entry_line().';
comment on column :"schema".entry.xid is 'Transaction that inserted the row: the sequencer finds late commits by it. Not part of the entry.';

create index entry_action on :"schema".entry (action, timestamp, seq);
create index entry_user on :"schema".entry (user_id, timestamp, seq);
create index entry_xid on :"schema".entry (xid, seq);
create table :"schema".entry_default partition of :"schema".entry default;
comment on table :"schema".entry_default is 'Takes entries of a month whose partition is missing, so that an insert never fails for want of one.';

-- The three functions below have bodies that are bound when they are created, and no settings of their own, so that the
-- planner can put them in line. None of them reads a setting: the two that format a time do it in UTC with digits only.

-- The hash preimage: the canonical JSON (RFC 8785) of an entry without its entry_hash.
create function :"schema".entry_line(
  action text, details json, id uuid, outcome text, recorded_by text, seq bigint,
  source_ip inet, target text, tenant_id text, "timestamp" timestamptz, user_id text
) returns text
  language sql stable parallel safe
  return '{"action":"' || action
    || '","details":' || details::text
    || ',"id":"' || id::text
    || '","outcome":"' || outcome
    || '","recorded_by":' || to_json(recorded_by)::text
    || ',"seq":' || seq::text
    || ',"source_ip":' || coalesce('"' || host(source_ip) || '"', 'null')
    || ',"target":' || coalesce(to_json(target)::text, 'null')
    || ',"tenant_id":' || coalesce(to_json(tenant_id)::text, 'null')
    || ',"timestamp":"' || to_char("timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || '","user_id":' || coalesce(to_json(user_id)::text, 'null')
    || ',"version":1}';
comment on function :"schema".entry_line(text, json, uuid, text, text, bigint, inet, text, text, timestamptz, text) is 'The hash preimage of an entry: docs/format.md.';

-- A UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then the random bits of a version 4 UUID.
create function :"schema".uuid_v7("timestamp" timestamptz) returns uuid
  language sql volatile parallel safe
  return (overlay(lpad(to_hex(floor(date_part('epoch', "timestamp") * 1000 + 0.0005)::bigint), 12, '0') placing '-' from 9 for 0)
    || '-7' || substr(gen_random_uuid()::text, 16))::uuid;
comment on function :"schema".uuid_v7(timestamptz) is 'A UUID version 7 for the given time.';

-- Which field breaks a rule, or null. Lengths and depth are repaired before this is asked.
create function :"schema".entry_fault(
  action text, details json, outcome text, source_ip inet, target text, tenant_id text, user_id text
) returns text
  language sql stable parallel safe
  return case
    -- An action is chosen by a programmer and searched by prefix, so it has a grammar and fits an index.
    when action is null or octet_length(action) > 255 or action !~ '^[a-z0-9]+([._-][a-z0-9]+)*$' then 'action'
    -- Three outcomes, so that a search for failures finds all of them.
    when outcome not in ('success', 'failure', 'denied') then 'outcome'
    -- A network is not a client, and ::ffff:10.0.0.1 would hide from a search for 10.0.0.1.
    when masklen(source_ip) <> 32 + 96 * (family(source_ip) = 6)::integer or source_ip <<= '::ffff:0.0.0.0/96' then 'source_ip'
    -- Index rows have a maximum size. An empty name would be a second way to say null.
    when octet_length(tenant_id) not between 1 and 1024 then 'tenant_id'
    when octet_length(user_id) not between 1 and 1024 then 'user_id'
    when octet_length(target) not between 1 and 1024 then 'target'
    -- An entry must be small enough for every place that it is sent to.
    when json_typeof(details) <> 'object' or octet_length(details::text) > 65536 then 'details'
  end;
comment on function :"schema".entry_fault(text, json, text, inet, text, text, text) is 'The field that breaks a rule of the log, or null.';

create function :"schema".refuse_entry(field text) returns boolean
  language plpgsql
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
begin
  raise exception 'audit entry refused: % breaks the rules of the log', field using errcode = 'WO002', column = field;
end
$function$;
comment on function :"schema".refuse_entry(text) is 'Refuses an entry with SQLSTATE WO002. The message names the field, never its value.';

-- Stamps every row that did not come through append_canonical(). Whatever the client says of seq, id, recorded_by, xid
-- and entry_hash is overwritten. The timestamp has chosen the partition already and cannot be: it must be the clock's.
create function :"schema".stamp_entry() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  entry_seq constant regclass := format('%I.entry_seq', :'schema');
  field text;
begin
  if tg_table_schema <> :'schema' or tg_op <> 'INSERT' or tg_when <> 'BEFORE' then
    raise exception 'stamp_entry() belongs to the audit log' using errcode = 'WO003';
  end if;
  if new.timestamp not between clock_timestamp() - interval '1 minute' and clock_timestamp() + interval '1 minute' then
    perform :"schema".refuse_entry('timestamp');
  end if;
  new.details := :"schema".canonical_details(new.details);
  new.tenant_id := case when octet_length(new.tenant_id) > 1024 then :"schema".cut_text(new.tenant_id) else nullif(new.tenant_id, '') end;
  new.user_id := case when octet_length(new.user_id) > 1024 then :"schema".cut_text(new.user_id) else nullif(new.user_id, '') end;
  new.target := case when octet_length(new.target) > 1024 then :"schema".cut_text(new.target) else nullif(new.target, '') end;
  field := :"schema".entry_fault(new.action, new.details, new.outcome, new.source_ip, new.target, new.tenant_id, new.user_id);
  if field is not null then
    perform :"schema".refuse_entry(field);
  end if;
  new.version := 1;
  new.seq := nextval(entry_seq);
  new.id := :"schema".uuid_v7(new.timestamp);
  new.recorded_by := session_user;
  new.xid := pg_current_xact_id();
  new.entry_hash := sha256(convert_to(:"schema".entry_line(
    new.action, new.details, new.id, new.outcome, new.recorded_by, new.seq,
    new.source_ip, new.target, new.tenant_id, new.timestamp, new.user_id), 'UTF8'));
  return new;
end
$function$;
comment on function :"schema".stamp_entry() is 'Trigger function: numbers, identifies, checks and hashes a row that a client inserts.';

create trigger stamp_entry before insert on :"schema".entry for each row
  when (new.entry_hash is null or current_user <> :'owner')
  execute function :"schema".stamp_entry();
alter table :"schema".entry enable always trigger stamp_entry;
select :"schema".guard(format('%I.entry', :'schema')::regclass);
select :"schema".guard(format('%I.entry_default', :'schema')::regclass);

revoke all on sequence :"schema".entry_seq from public;
revoke update on sequence :"schema".entry_seq from current_user;
revoke execute on function
  :"schema".entry_line(text, json, uuid, text, text, bigint, inet, text, text, timestamptz, text),
  :"schema".uuid_v7(timestamptz), :"schema".entry_fault(text, json, text, inet, text, text, text),
  :"schema".refuse_entry(text), :"schema".stamp_entry()
  from public;
grant insert (tenant_id, user_id, action, target, source_ip, outcome, details) on :"schema".entry to :"writer";
grant select (version, seq, id, timestamp, recorded_by, entry_hash) on :"schema".entry to :"writer";
grant select on :"schema".entry to :"reader", :"sequencer", :"archivist";
grant execute on function :"schema".entry_line(text, json, uuid, text, text, bigint, inet, text, text, timestamptz, text)
  to :"reader", :"sequencer", :"archivist";
