-- What a superuser can add so that the owner of the schema cannot change it either. Not numbered: nothing else needs it, only
-- a superuser can run it, and it is run again after each upgrade of the schema. docs/posture.md says what it leaves open.
--
-- Whether a command is refused depends on what the catalog says after it, never on who runs it, through which function or with
-- which settings: all of that can be forged. What ensure_partitions() and purge_month() do leaves a catalog that is in order
-- after each single command.
drop event trigger if exists :"ddl_trigger";
drop event trigger if exists :"rewrite_trigger";
drop schema if exists :"hardening" cascade;
create schema :"hardening";
revoke all on schema :"hardening" from public;

-- What the catalog says of the schema: src/schema/posture/catalog.sql.
create function :"hardening".facts() returns table (subject text, value text, partition text)
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
  select subject, value, partition::text from (/*catalog*/) as fact (subject, value, partition, name)
  -- A table that has the name of a month and is no partition: one that is being made, or that was purged. Nobody reads it.
  where partition is not null
    or subject !~ '^((owner of |persistence of |row security of )?table |column |constraint |index |trigger |rule |policy )entry_[0-9]{4}_[0-9]{2}([.:]|$)'
    and subject !~ '^grant [a-z]+ on (table|column) entry_[0-9]{4}_[0-9]{2}(\.[a-z_"]+)? to '
$function$;

create table :"hardening".expected as select distinct subject, value, partition is not null as of_month from :"hardening".facts();
create table :"hardening".month as select distinct partition from :"hardening".facts() where partition is not null;
create table :"hardening".months_changed as select clock_timestamp() as at;

create function :"hardening".refuse_ddl() returns event_trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  moved text;
  gone text;
begin
  -- A transaction that keeps an old snapshot does not see the months that were made since: it fails here if there are any.
  if current_setting('transaction_isolation') <> 'read committed' then
    perform from :"hardening".months_changed for share;
  end if;
  with fact as materialized (select * from :"hardening".facts()),
  place as (select null::text as partition union select partition from fact)
  select subject into moved from (
    select subject from fact
    where not exists (select from :"hardening".expected where expected.subject = fact.subject and expected.value = fact.value)
    union all
    select subject from :"hardening".expected join place on of_month = (place.partition is not null)
    where not exists (select from fact where fact.subject = expected.subject and fact.value = expected.value and fact.partition is not distinct from place.partition)
  ) as deviation limit 1;
  if moved is not null then
    raise exception 'the audit log is hardened: % refused, it would change: %', tg_tag, moved
      using errcode = 'WO030', hint = 'A superuser can switch the event triggers off: see docs/posture.md.';
  end if;
  -- Months come and go. One goes only when it has expired and its purge is on record.
  insert into :"hardening".month
  select relname from pg_inherits join pg_class on pg_class.oid = inhrelid
  where inhparent = format('%I.entry', :'schema')::regclass and relname ~ '^entry_[0-9]{4}_[0-9]{2}$'
    and not exists (select from :"hardening".month where month.partition = relname);
  if found then
    update :"hardening".months_changed set at = clock_timestamp();
  end if;
  for gone in
    select partition from :"hardening".month where not exists (
      select from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = format('%I.entry', :'schema')::regclass and relname = month.partition and not inhdetachpending)
  loop
    if not exists (
      select from :"schema".purge
      where purge.partition = gone and upper_bound = (to_date(substr(gone, 7), 'YYYY_MM') + interval '1 month')::timestamptz
        and upper_bound < least(clock_timestamp() - interval '1 year',
          clock_timestamp() - make_interval(days => (select max(keep_days) from :"schema".retention_policy))))
    then
      raise exception 'the audit log is hardened: % refused, the month % has not expired or its purge is not on record', tg_tag, gone
        using errcode = 'WO030';
    end if;
    delete from :"hardening".month where month.partition = gone;
  end loop;
end
$function$;

-- ALTER COLUMN TYPE with USING writes every row anew, fires no trigger and leaves no mark in the catalog.
create function :"hardening".refuse_rewrite() returns event_trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $function$
begin
  if exists (select from pg_class where oid = pg_event_trigger_table_rewrite_oid() and relnamespace = to_regnamespace(:'quoted_schema')) then
    raise exception 'the audit log is hardened: % refused, it would write the table % anew', tg_tag, pg_event_trigger_table_rewrite_oid()::regclass
      using errcode = 'WO030';
  end if;
end
$function$;

revoke all on all functions in schema :"hardening" from public;
create event trigger :"ddl_trigger" on ddl_command_end execute function :"hardening".refuse_ddl();
create event trigger :"rewrite_trigger" on table_rewrite execute function :"hardening".refuse_rewrite();
alter event trigger :"ddl_trigger" enable always;
alter event trigger :"rewrite_trigger" enable always;
