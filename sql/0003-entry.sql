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
  canonical boolean,
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
comment on column :"schema".entry.canonical is 'True when the client promised that details is canonical JSON, as the SDK does; else the database made it so. Not part of the entry.';
comment on column :"schema".entry.xid is 'Transaction that inserted the row: the sequencer finds late commits by it. Not part of the entry.';

create index entry_action on :"schema".entry (action, timestamp, seq);
create index entry_user on :"schema".entry (user_id, timestamp, seq);
-- Partial, so that a host without tenants does not pay for it.
create index entry_tenant on :"schema".entry (tenant_id, timestamp, seq) where tenant_id is not null;
create index entry_xid on :"schema".entry (xid, seq);
create table :"schema".entry_default partition of :"schema".entry default;
comment on table :"schema".entry_default is 'Takes entries of a month whose partition is missing, so that an insert never fails for want of one.';

-- The functions below have bodies that are bound when they are created, and no settings of their own, so that the planner
-- can put them in line. None of them reads a setting. They are written with few function calls, because PostgreSQL
-- prepares each call anew in every transaction: for a single insert that costs more than the calls themselves.

-- A time as it stands in the entry and in the preimage: RFC 3339, UTC, six decimals.
create function :"schema".format_time("timestamp" timestamptz) returns text
  language sql stable parallel safe
  return to_char("timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
comment on function :"schema".format_time(timestamptz) is 'RFC 3339 in UTC with six decimals.';

-- The first half of a UUID version 7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then the version. The time has
-- microseconds, so taking off 0.4995 ms makes the cast round down. The leading 0 is right until the year 2527.
create function :"schema".uuid_v7_time("timestamp" timestamptz) returns text
  language sql stable parallel safe
  return '0' || to_hex((date_part('epoch', "timestamp") * 1000 - 0.4995)::bigint) || '7';
comment on function :"schema".uuid_v7_time(timestamptz) is 'The part of a UUID version 7 that comes from the time.';

-- The rest of it: the random bits and the variant of a version 4 UUID.
create function :"schema".uuid_v7(time_part text) returns text
  language sql volatile parallel safe
  return time_part || substr(gen_random_uuid()::text, 16);
comment on function :"schema".uuid_v7(text) is 'A UUID version 7 with new random bits, in a form that uuid takes.';

-- The hash preimage: the canonical JSON (RFC 8785) of an entry without its entry_hash. PostgreSQL escapes strings exactly as
-- RFC 8785 section 3.2.2.2 wants.
create function :"schema".preimage(
  action text, details text, id uuid, outcome text, recorded_by text, seq bigint,
  source_ip inet, target text, tenant_id text, "timestamp" text, user_id text
) returns text
  language sql stable parallel safe
  -- format() takes the constant parts as one argument, so it costs half of concat().
  return format(
    '{"action":"%s","details":%s,"id":"%s","outcome":"%s","recorded_by":%s,"seq":%s,"source_ip":%s,"target":%s,"tenant_id":%s,"timestamp":"%s","user_id":%s,"version":1}',
    action, details, id, outcome, to_json(recorded_by), seq, coalesce(to_json(source_ip), 'null'),
    coalesce(to_json(target), 'null'), coalesce(to_json(tenant_id), 'null'), "timestamp", coalesce(to_json(user_id), 'null'));
comment on function :"schema".preimage(text, text, uuid, text, text, bigint, inet, text, text, text, text) is 'The hash preimage, from its parts.';

create function :"schema".entry_line(entry :"schema".entry) returns text
  language sql stable parallel safe
  return :"schema".preimage(
    entry.action, entry.details::text, entry.id, entry.outcome, entry.recorded_by, entry.seq,
    entry.source_ip, entry.target, entry.tenant_id, :"schema".format_time(entry.timestamp), entry.user_id);
comment on function :"schema".entry_line(:"schema".entry) is 'The hash preimage of an entry: entry_hash is the SHA-256 of its UTF-8 bytes.';

-- Which field breaks a rule, or null. What is too long or too deep has been repaired before this is asked.
create function :"schema".entry_fault(
  action text, details text, outcome text, source_ip inet, target text, tenant_id text, user_id text
) returns text
  language sql stable parallel safe
  return case
    -- An action is chosen by a programmer and searched by prefix, so it has a grammar and fits an index.
    when action is null or action !~ '^[a-z0-9]+([._-][a-z0-9]+)*$' or octet_length(action) > 255
      -- The record of a purge explains why entries are missing. Only a purge may make one.
      or action = 'audit_log.purged' then 'action'
    -- Three outcomes, so that a search for failures finds all of them.
    when outcome is null or outcome not in ('success', 'failure', 'denied') then 'outcome'
    -- A network is not a client, and ::ffff:10.0.0.1 would hide from a search for 10.0.0.1.
    when set_masklen(source_ip, -1) <> source_ip or source_ip <<= '::ffff:0.0.0.0/96' then 'source_ip'
    -- Index rows have a maximum size.
    when octet_length(tenant_id) > 1024 then 'tenant_id'
    when octet_length(user_id) > 1024 then 'user_id'
    when octet_length(target) > 1024 then 'target'
    -- An entry must be small enough for every place that it is sent to.
    when details is null or left(details, 1) <> '{' or octet_length(details) > 65536 then 'details'
  end;
comment on function :"schema".entry_fault(text, text, text, inet, text, text, text) is 'The field that breaks a rule of the log, or null.';

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

-- Stamps every row that did not come through append_canonical(). Whatever the client says of version, seq, id,
-- recorded_by, xid and entry_hash is overwritten. The timestamp cannot be, because it has chosen the partition already:
-- it must be the clock's.
create function :"schema".stamp_entry() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
as $function$
declare
  details text := new.details;
  fault text;
begin
  -- Every expression is prepared anew in every transaction, so one tells the ordinary row from all others.
  if (new.canonical
    -- Also canonical details are looked at when they could break somebody who reads them: only control characters have such
    -- escapes, a line break ends the line of an archive, parsers give up on extreme nesting, and jsonb on an exponent of so many
    -- digits, which the canonical form of no number has.
    and strpos(details, E'\\u') = 0 and strpos(details, E'\n') = 0 and octet_length(details) <= 8192
    and details !~ '[0-9][eE][-+]?[0-9]{4}'
    and :"schema".entry_fault(new.action, details, new.outcome, new.source_ip, new.target, new.tenant_id, new.user_id) is null
    and new.timestamp - clock_timestamp() between '-1 minute' and '1 minute') is not true
  then
    if new.canonical is not true or strpos(details, E'\\u') > 0 or strpos(details, E'\n') > 0 or octet_length(details) > 8192
      or details ~ '[0-9][eE][-+]?[0-9]{4}'
    then
      new.details := :"schema".canonical_details(new.details);
      details := new.details;
      new.tenant_id := case when octet_length(new.tenant_id) > 1024 then :"schema".cut_text(new.tenant_id) else nullif(new.tenant_id, '') end;
      new.user_id := case when octet_length(new.user_id) > 1024 then :"schema".cut_text(new.user_id) else nullif(new.user_id, '') end;
      new.target := case when octet_length(new.target) > 1024 then :"schema".cut_text(new.target) else nullif(new.target, '') end;
    end if;
    if new.timestamp - clock_timestamp() not between '-1 minute' and '1 minute' then
      perform :"schema".refuse_entry('timestamp');
    end if;
    fault := :"schema".entry_fault(new.action, details, new.outcome, new.source_ip, new.target, new.tenant_id, new.user_id);
    if fault = 'action' and new.action = 'audit_log.purged' and :"schema".is_purging(new.target) then
      fault := null;
    end if;
    if fault is not null then
      perform :"schema".refuse_entry(fault);
    end if;
  end if;
  new.version := 1;
  new.recorded_by := session_user;
  new.xid := pg_current_xact_id();
  new.seq := nextval(:'sequence');
  new.id := :"schema".uuid_v7(:"schema".uuid_v7_time(new.timestamp));
  new.entry_hash := sha256(convert_to(:"schema".preimage(
    new.action, details, new.id, new.outcome, new.recorded_by, new.seq,
    new.source_ip, new.target, new.tenant_id, :"schema".format_time(new.timestamp), new.user_id), 'UTF8'));
  return new;
end
$function$;
comment on function :"schema".stamp_entry() is 'Trigger function: numbers, identifies, checks and hashes a row that a client inserts.';

-- The condition is read anew for every statement; a text is shorter there than a name, which has 64 bytes.
create trigger stamp_entry before insert on :"schema".entry for each row
  when (new.entry_hash is null or current_user <> :'owner'::text)
  execute function :"schema".stamp_entry();
alter table :"schema".entry enable always trigger stamp_entry;
select :"schema".guard(format('%I.entry', :'schema')::regclass);
select :"schema".guard(format('%I.entry_default', :'schema')::regclass);

revoke all on sequence :"schema".entry_seq from public;
revoke update on sequence :"schema".entry_seq from current_user;
revoke execute on function
  :"schema".format_time(timestamptz), :"schema".uuid_v7_time(timestamptz), :"schema".uuid_v7(text),
  :"schema".preimage(text, text, uuid, text, text, bigint, inet, text, text, text, text), :"schema".entry_line(:"schema".entry),
  :"schema".entry_fault(text, text, text, inet, text, text, text), :"schema".refuse_entry(text),
  :"schema".stamp_entry()
  from public;
grant insert (tenant_id, user_id, action, target, source_ip, outcome, details, canonical) on :"schema".entry to :"writer";
grant select (version, seq, id, timestamp, recorded_by, entry_hash) on :"schema".entry to :"writer";
grant select on :"schema".entry to :"reader", :"sequencer", :"archivist";
grant execute on function
  :"schema".format_time(timestamptz), :"schema".entry_line(:"schema".entry),
  :"schema".preimage(text, text, uuid, text, text, bigint, inet, text, text, text, text)
  to :"reader", :"sequencer", :"archivist";
