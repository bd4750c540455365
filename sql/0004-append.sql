-- How the SDK writes batches: the work that the trigger does row by row is done here by the executor for all of them, which
-- costs about half as much (docs/performance.md). The events of a batch get the same time.
--
-- The details must be canonical (RFC 8785), as the SDK sends them, like those of a row that is inserted with canonical =
-- true. A client that cannot promise it inserts into the table.
--
-- Returns a line with the login as JSON, a line with the time, a line with the SHA-256 of all entry hashes one after the other, and
-- then a line for each event: id and seq side by side.
create function :"schema".append_canonical(events text) returns text
  language plpgsql security definer
  set search_path = pg_catalog, :"schema", pg_temp
  -- Planning anew for every call would cost several times the call itself, and there is only one good plan.
  set plan_cache_mode = force_generic_plan
as $function$
declare
  login constant text := session_user;
  xact constant xid8 := pg_current_xact_id();
  now constant timestamptz := clock_timestamp();
  formatted_now constant text := :"schema".format_time(now);
  id_time constant text := :"schema".uuid_v7_time(now);
  -- Without these the details have nothing of what stamp_entry() looks at, also where they are a string with escapes.
  to_look_at constant boolean := strpos(events, E'\\') > 0 or strpos(events, E'\n') > 0;
  -- preimage() with what all events of the batch have in common.
  template constant text := '{"action":"%s","details":%s,"id":"%s","outcome":"%s","recorded_by":' ||
    replace(to_json(login)::text, '%', '%%') || ',"seq":%s,"source_ip":%s,"target":%s,"tenant_id":%s,"timestamp":"' || formatted_now ||
    '","user_id":%s,"version":1}';
  hashes bytea;
  lines text;
begin
  with stored as (
    insert into :"schema".entry (
      version, seq, id, timestamp, tenant_id, user_id, action, target, source_ip, outcome, details, recorded_by, canonical, entry_hash, xid)
    select 1, seq, id, now, tenant_id, user_id, action, target, source_ip, outcome, details::json, login, true,
      sha256(convert_to(format(template, action, details, id, outcome, seq, coalesce(to_json(source_ip), 'null'),
        coalesce(to_json(target), 'null'), coalesce(to_json(tenant_id), 'null'), coalesce(to_json(user_id), 'null')), 'UTF8')), xact
    from (
      select tenant_id, user_id, action, target, source_ip, coalesce(outcome, 'success') as outcome,
        case
          when to_look_at and (strpos(details, E'\\u') > 0 or strpos(details, E'\n') > 0) then :"schema".canonical_details(details::json)::text
          when octet_length(details) > 8192 or details ~ '[0-9][eE][-+]?[0-9]{4}' then :"schema".canonical_details(details::json)::text
          else coalesce(details, '{}')
        end as details,
        nextval(:'sequence') as seq, :"schema".uuid_v7(id_time)::uuid as id
      from json_to_recordset(events::json) as event (
        tenant_id text, user_id text, action text, target text, source_ip inet, outcome text, details text)
      offset 0
    ) as event
    where case
      when :"schema".entry_fault(action, details, outcome, source_ip, target, tenant_id, user_id) is null then true
      else :"schema".refuse_entry(:"schema".entry_fault(action, details, outcome, source_ip, target, tenant_id, user_id))
    end
    returning entry_hash, id::text || seq as line
  )
  select sha256(string_agg(entry_hash, '')), string_agg(line, chr(10)) into hashes, lines from stored;
  return to_json(login)::text || chr(10) || formatted_now || coalesce(chr(10) || encode(hashes, 'hex') || chr(10) || lines, '');
end
$function$;
comment on function :"schema".append_canonical(text) is 'Appends events whose details are canonical JSON, as the SDK sends them; returns what the server gave each entry.';

revoke execute on function :"schema".append_canonical(text) from public;
grant execute on function :"schema".append_canonical(text) to :"writer";
