-- Monthly partitions are made ahead of time by whoever writes, without rights on the table: the function below can
-- make nothing but the guarded partition of a month that is near.

create function :"schema".ensure_partitions(months_ahead integer default 3) returns integer
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
  set lock_timeout = '200ms'
as $function$
declare
  first_day timestamp;
  lower_bound text;
  upper_bound text;
  partition text;
  occupied boolean;
  made integer := 0;
begin
  if months_ahead is null or months_ahead not between 0 and 24 then
    raise exception 'months_ahead is 0 to 24' using errcode = 'WO004';
  end if;
  for month in 0 .. months_ahead loop
    first_day := date_trunc('month', clock_timestamp() at time zone 'UTC') + make_interval(months => month);
    partition := format('%I.%I', :'schema', 'entry_' || to_char(first_day, 'YYYY_MM'));
    if to_regclass(partition) is null then
      lower_bound := to_char(first_day, 'YYYY-MM-DD') || 'T00:00:00Z';
      upper_bound := to_char(first_day + interval '1 month', 'YYYY-MM-DD') || 'T00:00:00Z';
      -- Entries that the default partition took for this month cannot be moved, so the month stays there.
      execute format('select exists (select from %I.entry_default where timestamp >= %L and timestamp < %L)', :'schema', lower_bound, upper_bound)
        into occupied;
      if not occupied then
        -- Made beside the table and attached: that locks neither its readers nor its writers, CREATE .. PARTITION OF would.
        execute format('create table %s (like %I.entry including defaults)', partition, :'schema');
        perform :"schema".guard(partition::regclass, true);
        execute format('alter table %I.entry attach partition %s for values from (%L) to (%L)', :'schema', partition, lower_bound, upper_bound);
        made := made + 1;
      end if;
    end if;
  end loop;
  return made;
exception
  when duplicate_table or unique_violation or duplicate_object then
    return 0;              -- another session is making them
end
$function$;
comment on function :"schema".ensure_partitions(integer) is 'Makes the partitions of this month and of the months ahead (0 to 24, default 3) that are missing; returns how many. Gives up on a lock after 200 ms.';

revoke execute on function :"schema".ensure_partitions(integer) from public;
grant execute on function :"schema".ensure_partitions(integer) to :"writer", :"archivist";
select :"schema".ensure_partitions(3);
