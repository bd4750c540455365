-- What is installed, and the guard that every append-only table of this schema uses.
--
-- A colon before a quoted word is a placeholder, written as in psql: in double quotes it becomes an identifier, in single
-- quotes a literal, inside function bodies too. Every object here belongs to the owner role, which nobody logs in as.

create table :"schema".migration (
  id integer primary key,
  name text not null,
  sha256 text not null,
  installed_at timestamptz not null default clock_timestamp(),
  installed_by text not null default session_user
);
comment on table :"schema".migration is 'One row for each numbered file of sql/ that has been applied. A process that starts reads it and takes no further lock.';

-- Raises WO001 whoever asks and however: no setting, no role and no session state makes an exception.
create function :"schema".refuse_change() returns trigger
  language plpgsql
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
begin
  raise exception '%.% is append-only: % refused', tg_table_schema, tg_table_name, tg_op using errcode = 'WO001';
end
$function$;
comment on function :"schema".refuse_change() is 'Trigger function behind every guard: refuses UPDATE, DELETE and TRUNCATE with SQLSTATE WO001.';

-- Guards one table at row and at statement level. Statement triggers are not cloned to partitions, so each partition
-- is guarded by a call of its own, best before it is attached: then there is no moment at which it is not. ALWAYS:
-- session_replication_role and logical replication do not pass by.
create function :"schema".guard(guarded regclass, will_be_partition boolean default false) returns void
  language plpgsql
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  is_partition boolean := will_be_partition or (select relispartition from pg_class where oid = guarded);
begin
  if not is_partition then
    execute format('create trigger refuse_row_change before update or delete on %s for each row execute function %I.refuse_change()', guarded, :'schema');
    execute format('alter table %s enable always trigger refuse_row_change', guarded);
  end if;
  execute format('create trigger refuse_change before update or delete or truncate on %s for each statement execute function %I.refuse_change()', guarded, :'schema');
  execute format('alter table %s enable always trigger refuse_change', guarded);
  execute format('revoke all on table %s from public', guarded);
  execute format('revoke update, delete, truncate on table %s from current_user', guarded);
end
$function$;
comment on function :"schema".guard(regclass, boolean) is 'Makes a table of this schema append-only. For the owner role, while it installs.';

revoke execute on function :"schema".refuse_change(), :"schema".guard(regclass, boolean) from public;
select :"schema".guard(format('%I.migration', :'schema')::regclass);
grant select on :"schema".migration to :"writer", :"reader", :"sequencer", :"archivist";
grant usage on schema :"schema" to :"writer", :"reader", :"sequencer", :"archivist";
