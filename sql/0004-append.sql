-- How the SDK writes: one statement for one event or for a thousand. The work that the trigger does row by row is done
-- here by the executor, which costs about half as much (docs/performance.md).
--
-- The details must be canonical (RFC 8785), as the SDK sends them; a client that cannot promise it inserts into the
-- table instead. What could break a reader of other entries is not left to the promise: escapes other than the short
-- ones, and nesting that a parser gives up on, go through canonical_details().
--
-- Returns a line with the login as JSON, then a line "seq id timestamp entry_hash" for each event.
create function :"schema".append_canonical(events json) returns text
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  set timezone = 'UTC' set datestyle = 'ISO, YMD' set extra_float_digits = 1 set bytea_output = 'hex' set standard_conforming_strings = on
as $function$
declare
  entry_seq constant regclass := format('%I.entry_seq', :'schema');
  has_escapes constant boolean := strpos(events::text, '\u') > 0;
  lines text;
begin
  with stored as (
    insert into :"schema".entry (
      version, seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details, recorded_by, entry_hash, xid)
    select 1, seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details, session_user,
      sha256(convert_to(:"schema".entry_line(
        action, details, id, outcome, session_user, seq, source_ip, target, tenant_id, timestamp, user_id), 'UTF8')),
      pg_current_xact_id()
    from (
      select *, :"schema".uuid_v7(timestamp) as id
      from (
        select tenant_id, user_id, action, target, source_ip, coalesce(outcome, 'success') as outcome,
          case
            when details is null then '{}'
            when has_escapes and strpos(details::text, '\u') > 0 then :"schema".canonical_details(details)
            when octet_length(details::text) > 8192
              and octet_length(details::text) - octet_length(translate(details::text, '[{', '')) > 4096 then :"schema".canonical_details(details)
            else details
          end as details,
          clock_timestamp() as timestamp, nextval(entry_seq) as seq
        from json_to_recordset(events) as event (
          tenant_id text, user_id text, action text, target text, source_ip inet, outcome text, details json)
        offset 0
      ) as event
      where case
        when :"schema".entry_fault(action, details, outcome, source_ip, target, tenant_id, user_id) is null then true
        else :"schema".refuse_entry(:"schema".entry_fault(action, details, outcome, source_ip, target, tenant_id, user_id))
      end
      offset 0
    ) as event
    returning seq::text || ' ' || id::text || ' ' || to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      || ' ' || encode(entry_hash, 'hex') as line
  )
  select string_agg(line, chr(10)) into lines from stored;
  return to_json(session_user)::text || coalesce(chr(10) || lines, '');
end
$function$;
comment on function :"schema".append_canonical(json) is 'Appends events whose details are canonical JSON, as the SDK sends them; returns what the server gave each entry.';

revoke execute on function :"schema".append_canonical(json) from public;
grant execute on function :"schema".append_canonical(json) to :"writer";
